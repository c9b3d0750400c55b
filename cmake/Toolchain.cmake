# Compiler flags, faster tools where present, and the third-party libraries.

add_compile_options(-Wall -Wextra -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports false positives of these inside inlined coroutine frames and std::string.
  add_compile_options(-Wno-maybe-uninitialized -Wno-restrict -Wno-dangling-pointer -Wno-array-bounds
                      -Wno-stringop-overflow -Wno-stringop-overread -Wno-mismatched-new-delete)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # Precompiled headers are cached only when their time stamps are ignored.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} ${CCACHE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-fpch-preprocess)
  endif()
endif()

find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(RocksDB REQUIRED)
find_package(simdjson REQUIRED)
find_package(ZLIB REQUIRED)
find_library(RE2_LIBRARY re2 REQUIRED)
find_library(NGHTTP2_LIBRARY nghttp2 REQUIRED)
find_library(ISAL_LIBRARY isal REQUIRED)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
if(BRUME_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()

# Asio and Beast are compiled once (src/base/asio_impl.cpp), not in every file.
add_compile_definitions(BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
                        BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE)
