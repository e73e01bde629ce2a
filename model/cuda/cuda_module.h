#pragma once

#include "model/trace/result.h"

namespace attendre {

// What libattendre-cuda.so answers, over a C interface: loading it brings Torch's CUDA libraries
// into the process, after which ordinary ATen calls work on the GPU.
extern "C" {
using CudaDeviceCount = int (*)(); // attendre_cuda_device_count
}

// Loads the module from beside the engine, once, before anything asks Torch about CUDA (whose
// answer is kept). The number of devices; errors: the module or NVIDIA's libraries are missing, or
// there is no driver or device.
Result<int> loadCudaModule();

} // namespace attendre
