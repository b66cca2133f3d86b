# SPDX-License-Identifier: Apache-2.0
# The installed package for plugin authors: the SDK's headers, tidegate_add_plugin() and find_package(tidegate).
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/tidegate)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/core/sdk/include/tidegate DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
set_target_properties(tidegate_sdk PROPERTIES EXPORT_NAME sdk)
install(TARGETS tidegate_sdk EXPORT tidegate)
install(EXPORT tidegate NAMESPACE tidegate:: FILE tidegateTargets.cmake DESTINATION ${package_dir})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/tidegateConfig.cmake.in ${PROJECT_BINARY_DIR}/tidegateConfig.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/tidegateConfigVersion.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES
  ${PROJECT_BINARY_DIR}/tidegateConfig.cmake ${PROJECT_BINARY_DIR}/tidegateConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/TidegatePlugin.cmake ${CMAKE_CURRENT_LIST_DIR}/plugin.version
  DESTINATION ${package_dir})
