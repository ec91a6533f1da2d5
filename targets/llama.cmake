# What llama.cpp's own CMake files are told before they are read.

# llama-cpp-2 asks for llama.cpp's `common`, half of the whole build, and we call nothing of it. It is
# left out where the linker drops functions that nothing calls before it looks for what they call.
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  set(LLAMA_BUILD_COMMON OFF CACHE BOOL "" FORCE)
endif()
