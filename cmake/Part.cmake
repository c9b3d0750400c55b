# One library for each folder of src/. The names after DEPENDS are the parts that it may include;
# tools/check_layers.py reads these lines and refuses any other include.
#
#   brume_part(store DEPENDS base LIBRARIES RocksDB::rocksdb-shared)
#
# main.cpp is left to an executable of its own. Files ending in _test.cpp become one test program NAME_test; each *_fuzz.cpp is a libFuzzer target.

function(brume_part name)
  cmake_parse_arguments(PART "" "" "DEPENDS;LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  set(tests ${sources})
  set(fuzzers ${sources})
  list(FILTER sources EXCLUDE REGEX "(_(test|fuzz)|/main)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cpp$")

  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${name} PUBLIC ${PART_DEPENDS} ${PART_LIBRARIES})
  if(NOT name STREQUAL "base")
    target_precompile_headers(${name} REUSE_FROM base)
  endif()

  if(BRUME_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_precompile_headers(${name}_test REUSE_FROM test_headers)
    target_link_libraries(${name}_test PRIVATE ${name} test_headers GTest::gtest_main)
    gtest_discover_tests(${name}_test TEST_PREFIX ${name}. PROPERTIES TIMEOUT 120 DISCOVERY_TIMEOUT 60)
  endif()

  if(BRUME_FUZZERS)
    foreach(file ${fuzzers})
      get_filename_component(target ${file} NAME_WE)
      add_executable(${target} ${file})
      target_precompile_headers(${target} REUSE_FROM base)
      target_link_libraries(${target} PRIVATE ${name})
      target_link_options(${target} PRIVATE -fsanitize=fuzzer)
      set_property(GLOBAL APPEND PROPERTY BRUME_FUZZ_TARGETS ${target})
    endforeach()
  endif()
endfunction()
