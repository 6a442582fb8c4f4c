// The part of kernel_list.h that needs AMX; used in the same way.

// products_bf16.h
EB_KERNEL(conv2d_f32_weight_bf16_scratch)
EB_KERNEL(conv2d_f32_weight_bf16)
EB_KERNEL(conv2d_f32_weight_backward_data_bf16_scratch)
EB_KERNEL(conv2d_f32_weight_backward_data_bf16)
