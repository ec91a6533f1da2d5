# What llama.cpp's own CMake files are told before they are read: what makes its build a third as
# long, and leaves what is built as it is. Tried on Linux, so it is done there.
if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND PROJECT_NAME STREQUAL "llama.cpp")
  # llama-cpp-2 asks for `common`, half of the build, and we call nothing of it: the linker drops
  # functions that nothing calls before it looks for what they call.
  set(LLAMA_BUILD_COMMON OFF CACHE BOOL "" FORCE)

  # Each architecture is a small file that includes the same large headers.
  if(NOT CMAKE_VERSION VERSION_LESS 3.19)
    cmake_language(DEFER CALL set_target_properties llama PROPERTIES
      UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 16)
  endif()
endif()
