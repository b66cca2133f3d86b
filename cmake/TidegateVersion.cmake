# SPDX-License-Identifier: Apache-2.0
# What `--version --json` says, for version.cpp of the folder that includes this. Configured anew with each commit.
set(commit unknown)
find_program(TIDEGATE_GIT git)
if(TIDEGATE_GIT AND EXISTS ${PROJECT_SOURCE_DIR}/.git)
  execute_process(COMMAND ${TIDEGATE_GIT} rev-parse HEAD WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    OUTPUT_VARIABLE head OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed ERROR_QUIET)
  execute_process(COMMAND ${TIDEGATE_GIT} rev-parse --git-path logs/HEAD WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    OUTPUT_VARIABLE moves OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(failed EQUAL 0)
    set(commit ${head})
    get_filename_component(moves "${moves}" ABSOLUTE BASE_DIR ${PROJECT_SOURCE_DIR})
    if(EXISTS ${moves})
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${moves})
    endif()
  endif()
endif()
string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
set(flags "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${type}}")
if(TIDEGATE_SANITIZE)
  string(APPEND flags " -fsanitize=${TIDEGATE_SANITIZE}")
endif()
string(REGEX REPLACE "[^ ]*/[^ ]*" "" flags "${flags}") # a path is of the machine that built it
string(STRIP "${flags}" flags)
set(portable 0)
if(TIDEGATE_PORTABLE)
  set(portable 1)
endif()
set_source_files_properties(version.cpp PROPERTIES COMPILE_DEFINITIONS
  "TIDEGATE_COMMIT=\"${commit}\";TIDEGATE_BUILD_TYPE=\"${CMAKE_BUILD_TYPE}\";TIDEGATE_BUILD_FLAGS=\"${flags}\";TIDEGATE_COMPILER=\"${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}\";TIDEGATE_IS_PORTABLE=${portable}")
