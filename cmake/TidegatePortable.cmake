# SPDX-License-Identifier: Apache-2.0
# A portable build (preset `portable`): host and plugins need glibc 2.34 and no other library. What has an archive in Debian
# is linked in, what has none is answered by portable/unsupported.c.
option(TIDEGATE_PORTABLE "Link everything in but glibc, of which 2.34 is enough" OFF)
if(TIDEGATE_PORTABLE)
  set(OPENSSL_USE_STATIC_LIBS ON)
  set(TIDEGATE_STATIC_CURL ON CACHE BOOL "" FORCE)

  add_library(tidegate_newer_glibc STATIC ${CMAKE_CURRENT_LIST_DIR}/portable/newer_glibc.c)
  # Whole, and so in front of glibc's own: the archives that want it come last on the linker's command line.
  function(tidegate_link_portable target)
    target_link_libraries(${target} PRIVATE "$<LINK_LIBRARY:WHOLE_ARCHIVE,tidegate_newer_glibc>")
  endfunction()

  # tidegate_archives(OUTPUT NAME …): where the archives are; ends the configuration when one is missing.
  function(tidegate_archives output)
    set(found)
    foreach(name ${ARGN})
      find_library(TIDEGATE_ARCHIVE_${name} NAMES lib${name}.a PATHS ${TIDEGATE_PG_ARCHIVES} REQUIRED)
      list(APPEND found ${TIDEGATE_ARCHIVE_${name}})
    endforeach()
    set(${output} ${found} PARENT_SCOPE)
  endfunction()
  find_program(TIDEGATE_PG_CONFIG pg_config REQUIRED)
  execute_process(COMMAND ${TIDEGATE_PG_CONFIG} --pkglibdir OUTPUT_VARIABLE TIDEGATE_PG_ARCHIVES OUTPUT_STRIP_TRAILING_WHITESPACE)

  find_package(OpenSSL REQUIRED)
  add_library(tidegate_unsupported STATIC ${CMAKE_CURRENT_LIST_DIR}/portable/unsupported.c)
  add_library(tidegate_clients INTERFACE) # libpq and libcurl with all that they stand on
  tidegate_archives(archives pq pgcommon_shlib pgport_shlib curl nghttp2 psl idn2 unistring zstd brotlidec brotlicommon)
  tidegate_archives(zlib z)
  target_link_libraries(tidegate_clients INTERFACE ${archives} OpenSSL::SSL OpenSSL::Crypto ${zlib} tidegate_unsupported ${CMAKE_DL_LIBS})
else()
  function(tidegate_link_portable target)
  endfunction()
endif()
