set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
# Line tables are enough for stack traces and profiles, and keep objects and links small.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")

add_compile_options(-Wall -Wextra -Wno-missing-field-initializers -Werror=return-type -Werror=switch)

set(KIMBERLITE_SANITIZE "" CACHE STRING "Sanitizers to build with, e.g. address,undefined")
if(KIMBERLITE_SANITIZE)
  add_compile_options(-fsanitize=${KIMBERLITE_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${KIMBERLITE_SANITIZE})
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # A precompiled header is part of the key by its sources, not by its time.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()
