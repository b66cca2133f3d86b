# The tests of lease and journal, an executable of their own: they need a server, the others do not.
add_executable(tidegate_lease_contender lease_contender.cpp)
target_link_libraries(tidegate_lease_contender PRIVATE tidegate::run)
add_executable(unit_run_journal control_test.cpp journal_file_test.cpp journal_test.cpp keeper_test.cpp lease_contention_test.cpp lease_takeover_test.cpp
               lease_test.cpp schema_test.cpp)
target_compile_definitions(unit_run_journal PRIVATE TIDEGATE_LEASE_CONTENDER="$<TARGET_FILE:tidegate_lease_contender>")
target_link_libraries(unit_run_journal PRIVATE tidegate::run tidegate::test_support GTest::gtest_main)
add_dependencies(unit_run_journal tidegate_lease_contender)
tidegate_discover_postgres_tests(unit_run_journal unit)
