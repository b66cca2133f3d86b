# The database tests of unit_services, an executable of their own: they need a server, the others do not.
find_package(PostgreSQL REQUIRED)
add_executable(unit_services_db db_connect_test.cpp db_session_test.cpp db_url_test.cpp db_service_test.cpp db_read_only_test.cpp)
target_include_directories(unit_services_db PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(unit_services_db PRIVATE tidegate::services tidegate::scratch tidegate::test_support PostgreSQL::PostgreSQL GTest::gtest_main)
tidegate_discover_postgres_tests(unit_services_db unit)
