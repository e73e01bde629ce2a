# LibTorch from the PyPI wheel, as own imported targets: the wheel's find_package(Torch) asks for a
# CUDA toolkit at configure time, which a laptop does not have. Where the wheel lies is said by
# ATTENDRE_TORCH (the folder that holds torch/), by default where scripts/setup.sh unpacks it.
set(_cache $ENV{XDG_CACHE_HOME})
if(NOT _cache)
    set(_cache $ENV{HOME}/.cache)
endif()
set(ATTENDRE_TORCH "${_cache}/attendre/torch-2.11.0" CACHE PATH
    "The folder with the unpacked torch wheel")
if(NOT EXISTS ${ATTENDRE_TORCH}/torch/lib/libtorch_cpu.so)
    message(FATAL_ERROR "No LibTorch at ${ATTENDRE_TORCH}: run ./run.sh, which fetches it, "
                        "or set ATTENDRE_TORCH to the folder that holds torch/.")
endif()
set(_torch ${ATTENDRE_TORCH}/torch)
set(_cuda ${ATTENDRE_TORCH}/nvidia/cu13)

function(attendre_torch_library name file)
    add_library(torch::${name} SHARED IMPORTED GLOBAL)
    set_target_properties(torch::${name} PROPERTIES IMPORTED_LOCATION ${file})
    target_include_directories(torch::${name} SYSTEM INTERFACE ${_torch}/include)
    target_link_options(torch::${name} INTERFACE -Wl,--allow-shlib-undefined)
endfunction()

attendre_torch_library(c10 ${_torch}/lib/libc10.so)
attendre_torch_library(cpu ${_torch}/lib/libtorch_cpu.so)
attendre_torch_library(c10_cuda ${_torch}/lib/libc10_cuda.so)
attendre_torch_library(cuda ${_torch}/lib/libtorch_cuda.so)
target_include_directories(torch::c10_cuda SYSTEM INTERFACE ${_cuda}/include)

# The folders in which the loader finds the wheel's libraries and NVIDIA's at run time.
set(ATTENDRE_TORCH_RPATH ${_torch}/lib ${_cuda}/lib)
