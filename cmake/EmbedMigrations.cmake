set(entries "")
foreach(file ${FILES})
  get_filename_component(name ${file} NAME)
  file(READ ${file} sql)
  string(APPEND entries "    {\"${name}\", R\"kimberlite_sql(${sql})kimberlite_sql\"},\n")
endforeach()
file(WRITE ${OUTPUT} "#include <array>
#include \"libs/pg/pg.h\"

namespace kimberlite::${SCHEMA} {
std::span<const pg::Migration> Migrations() {
  static constexpr pg::Migration kMigrations[] = {
${entries}  };
  return kMigrations;
}
}  // namespace kimberlite::${SCHEMA}
")
