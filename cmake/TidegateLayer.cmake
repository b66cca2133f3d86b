# SPDX-License-Identifier: Apache-2.0
# tidegate_layer(NAME SOURCES … [USES layer …] [LIBRARIES …]): one layer of core/ as a static library. USES is the
# whole list of layers it may include from; tests/layers checks the includes against it.
function(tidegate_layer name)
  cmake_parse_arguments(arg "" "" "SOURCES;USES;LIBRARIES" ${ARGN})
  add_library(tidegate_${name} STATIC ${arg_SOURCES})
  add_library(tidegate::${name} ALIAS tidegate_${name})
  target_include_directories(tidegate_${name} PUBLIC ${PROJECT_SOURCE_DIR}/core)
  target_link_libraries(tidegate_${name} PUBLIC tidegate::sdk)
  foreach(used IN LISTS arg_USES)
    target_link_libraries(tidegate_${name} PUBLIC tidegate::${used})
  endforeach()
  target_link_libraries(tidegate_${name} PRIVATE ${arg_LIBRARIES})
  set_property(TARGET tidegate_${name} PROPERTY TIDEGATE_USES "${arg_USES}")
endfunction()
