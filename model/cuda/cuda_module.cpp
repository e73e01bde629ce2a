#include "model/network/torch_headers.h"

#include <ATen/Context.h>

// The symbol below is all that this library offers. That it links Torch's CUDA library, whose
// registrations run when it is loaded, is what it is for. It asks through ATen, not through
// c10/cuda, whose headers include those of a CUDA toolkit: a laptop that builds this has none.

extern "C" __attribute__((visibility("default"))) int attendre_cuda_device_count() {
    return static_cast<int>(at::getNumGPUs());
}
