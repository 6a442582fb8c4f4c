// The part of kernel_list.h that needs AVX512-BF16 and VNNI; used in the same way.

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
EB_KERNEL(conv2d_norm_backward_bf16_scratch)
EB_KERNEL(conv2d_norm_backward_bf16)
EB_KERNEL(conv2d_winograd_bf16_scratch)
EB_KERNEL(conv2d_winograd_bf16)
EB_KERNEL(conv2d_winograd_backward_data_bf16_scratch)
EB_KERNEL(conv2d_winograd_backward_data_bf16)
EB_KERNEL(conv2d_winograd_backward_weight_bf16_scratch)
EB_KERNEL(conv2d_winograd_backward_weight_bf16)

// products_int8.h
EB_KERNEL(conv2d_int8_scratch)
EB_KERNEL(conv2d_int8)
EB_KERNEL(conv2d_backward_data_int8_scratch)
EB_KERNEL(conv2d_backward_data_int8)

// ceilings.h
EB_KERNEL(fma_chains_bf16)
