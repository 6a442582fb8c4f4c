// Those of kernel_list_bf16.h that AMX computes faster; used in the same way.

// products_bf16.h
EB_KERNEL(conv2d_bf16_scratch)
EB_KERNEL(conv2d_bf16)
EB_KERNEL(conv2d_backward_data_bf16_scratch)
EB_KERNEL(conv2d_backward_data_bf16)
EB_KERNEL(conv2d_backward_weight_bf16_scratch)
EB_KERNEL(conv2d_backward_weight_bf16)
EB_KERNEL(conv2d_norm_bf16_scratch)
EB_KERNEL(conv2d_norm_bf16)
EB_KERNEL(conv2d_norm_backward_weight_bf16_scratch)
EB_KERNEL(conv2d_norm_backward_weight_bf16)

// ceilings.h
EB_KERNEL(fma_chains_bf16)
