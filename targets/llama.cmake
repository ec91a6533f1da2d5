# What llama.cpp's own CMake files are told before they are read: kernels for the processor that
# it is built on, and what makes its build a third as long. Tried on Linux, so it is done there.
if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND PROJECT_NAME STREQUAL "llama.cpp")
  # A build for elsewhere, and one with kernels for many processors, which it tells apart as it
  # starts (`make release`), say what they are for. REBOUND_PORTABLE=1 asks for plain AVX2.
  if(NOT CMAKE_CROSSCOMPILING AND NOT GGML_BACKEND_DL AND NOT DEFINED ENV{REBOUND_PORTABLE})
    set(GGML_NATIVE ON CACHE BOOL "" FORCE)
  endif()

  # llama-cpp-2 asks for `common`, half of the build, and we call nothing of it: the linker drops
  # functions that nothing calls before it looks for what they call.
  set(LLAMA_BUILD_COMMON OFF CACHE BOOL "" FORCE)

  # Each architecture is a small file that includes the same large headers.
  if(NOT CMAKE_VERSION VERSION_LESS 3.19)
    cmake_language(DEFER CALL set_target_properties llama PROPERTIES
      UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 16)
  endif()
endif()
