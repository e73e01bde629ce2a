#include "model/network/torch_headers.h"

#include <c10/cuda/CUDAFunctions.h>

// The symbol below is all that this library offers. That it links Torch's CUDA library, whose
// registrations run when it is loaded, is what it is for.

extern "C" __attribute__((visibility("default"))) int attendre_cuda_device_count() {
    return c10::cuda::device_count();
}
