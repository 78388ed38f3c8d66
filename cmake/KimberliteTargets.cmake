# kimberlite_library(name SOURCES a.cpp … [PUBLIC dep …] [PRIVATE dep …])
# Headers are included from the root: "libs/base/result.h".
function(kimberlite_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

# kimberlite_test(name LABEL unit|integration|contract SOURCES a.cpp … DEPS lib …)
# One ctest entry per GoogleTest case would start the program once per case; one per program is enough:
# the output of a failing program names its cases.
function(kimberlite_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} GTest::gtest GTest::gmock GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT})
endfunction()

# kimberlite_embed_migrations(target schema dir): makes <target>'s source that lists dir/*.sql as
# std::span<const pg::Migration> kimberlite::<schema>::Migrations().
function(kimberlite_embed_migrations target schema dir)
  file(GLOB files CONFIGURE_DEPENDS ${dir}/*.sql)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${schema}_migrations.cpp)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DSCHEMA=${schema} "-DFILES=${files}" -DOUTPUT=${output} -P ${CMAKE_SOURCE_DIR}/cmake/EmbedMigrations.cmake
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/cmake/EmbedMigrations.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${output})
  target_link_libraries(${target} PUBLIC kimberlite_pg)
endfunction()
