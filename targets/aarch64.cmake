include("${CMAKE_CURRENT_LIST_DIR}/llama.cmake")

# llama-cpp-sys-2 asks for plain armv8-a on Linux, which has no dot products; what a board has
# stands in its file, and `make cross-aarch64` hands it on.
if(DEFINED ENV{REBOUND_ARM_ARCH})
  set(GGML_CPU_ARM_ARCH "$ENV{REBOUND_ARM_ARCH}" CACHE STRING "" FORCE)
endif()
