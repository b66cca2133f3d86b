# SPDX-License-Identifier: Apache-2.0
# tidegate_add_plugin(NAME MANIFEST plugin.toml SOURCES … [LIBRARIES …])
#
# Builds NAME.tidegate.so: the manifest in an ELF section of its own, hidden visibility, one exported symbol, every
# reference resolved at link time. The same function serves the bundled plugins and, through the installed package,
# everybody else's. Sources include <tidegate/plugin.hpp> (or plugin.h) and the generated "tidegate_manifest.h".

set(TIDEGATE_PLUGIN_CMAKE_DIR ${CMAKE_CURRENT_LIST_DIR})

function(tidegate_embed_manifest target manifest)
  get_filename_component(manifest ${manifest} ABSOLUTE)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${manifest})
  file(READ ${manifest} bytes HEX)
  string(LENGTH "${bytes}" size)
  math(EXPR size "${size} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${target}.manifest)
  file(CONFIGURE OUTPUT ${folder}/tidegate_manifest.h @ONLY CONTENT [=[
/* Made from plugin.toml by tidegate_add_plugin(). */
#ifdef __cplusplus
extern "C"
#else
extern
#endif
const char tidegate_manifest[@size@];
]=])
  file(CONFIGURE OUTPUT ${folder}/tidegate_manifest.c @ONLY CONTENT [=[
/* Made from plugin.toml by tidegate_add_plugin(). */
#include "tidegate_manifest.h"
__attribute__((section(".tidegate.manifest"), used, visibility("hidden"), aligned(1)))
const char tidegate_manifest[@size@] = {@bytes@};
]=])
  target_sources(${target} PRIVATE ${folder}/tidegate_manifest.c)
  target_include_directories(${target} PRIVATE ${folder})
endfunction()

function(tidegate_add_plugin target)
  cmake_parse_arguments(arg "FIXTURE" "MANIFEST" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT arg_MANIFEST)
    set(arg_MANIFEST plugin.toml)
  endif()
  add_library(${target} MODULE ${arg_SOURCES})
  tidegate_embed_manifest(${target} ${arg_MANIFEST})
  target_link_libraries(${target} PRIVATE tidegate::sdk ${arg_LIBRARIES})
  target_link_options(${target} PRIVATE
    LINKER:--version-script=${TIDEGATE_PLUGIN_CMAKE_DIR}/plugin.version
    LINKER:-z,now LINKER:-z,relro LINKER:--exclude-libs,ALL -static-libstdc++ -static-libgcc)
  if(COMMAND tidegate_link_portable) # inside this project
    tidegate_link_portable(${target})
  endif()
  if(NOT TIDEGATE_SANITIZE) # a sanitizer's runtime is in the executable, so its symbols are open here
    target_link_options(${target} PRIVATE LINKER:-z,defs)
  endif()
  set_target_properties(${target} PROPERTIES
    PREFIX "" SUFFIX ".tidegate.so"
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${TIDEGATE_PLUGIN_CMAKE_DIR}/plugin.version)
  if(TIDEGATE_PLUGIN_DIR) # inside this project: beside the host; a plugin of one's own stays in its build folder
    set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/$<IF:$<BOOL:${arg_FIXTURE}>,fixtures,${TIDEGATE_PLUGIN_DIR}>)
    if(NOT arg_FIXTURE)
      install(TARGETS ${target} LIBRARY DESTINATION ${TIDEGATE_PLUGIN_DIR})
    endif()
  endif()
endfunction()
