#pragma once

// Torch, for the translation units of model/network, model/memory, model/engine and model/cuda
// alone; precompiled. It comes before any Qt header, whose keywords it does not survive.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
