// The closed list of CPU kernels, one line each: EB_KERNEL(name) for the public function eb_name.
// It has no include guard: whoever includes it defines EB_KERNEL first.

// elementwise.h
EB_KERNEL(relu_f32)
EB_KERNEL(relu_bf16)
EB_KERNEL(relu_backward_f32)
EB_KERNEL(relu_backward_bf16)
EB_KERNEL(add_f32)
EB_KERNEL(add_bf16)
EB_KERNEL(fill_f32)
EB_KERNEL(convert_f32_bf16)
EB_KERNEL(convert_bf16_f32)
EB_KERNEL(copy)

// optimizer.h
EB_KERNEL(add_sign_f32)
EB_KERNEL(sgd_update_f32)
EB_KERNEL(multi_sgd_update_f32)
EB_KERNEL(multi_quantized_sgd_update_f32)
EB_KERNEL(update_average_f32)
EB_KERNEL(increment_i64)

// channels.h
EB_KERNEL(select_f32)
EB_KERNEL(select_bf16)
EB_KERNEL(select_backward_f32)
EB_KERNEL(select_backward_bf16)

// batch_norm.h
EB_KERNEL(batch_norm_f32)
EB_KERNEL(batch_norm_bf16)
EB_KERNEL(batch_norm_relu_f32)
EB_KERNEL(batch_norm_relu_bf16)
EB_KERNEL(batch_norm_statistics_f32)
EB_KERNEL(batch_norm_statistics_bf16)
EB_KERNEL(batch_norm_scale_f32)
EB_KERNEL(batch_norm_inference_f32)
EB_KERNEL(batch_norm_inference_bf16)
EB_KERNEL(batch_norm_inference_relu_f32)
EB_KERNEL(batch_norm_inference_relu_bf16)
EB_KERNEL(batch_norm_backward_f32)
EB_KERNEL(batch_norm_backward_bf16)
EB_KERNEL(batch_norm_relu_backward_f32)
EB_KERNEL(batch_norm_relu_backward_bf16)
EB_KERNEL(batch_norm_relu_backward_add_f32)
EB_KERNEL(batch_norm_relu_backward_add_bf16)

// pooling.h
EB_KERNEL(max_pool_f32)
EB_KERNEL(max_pool_bf16)
EB_KERNEL(max_pool_backward_f32)
EB_KERNEL(max_pool_backward_bf16)
EB_KERNEL(avg_pool_f32)
EB_KERNEL(avg_pool_bf16)
EB_KERNEL(avg_pool_backward_f32)
EB_KERNEL(avg_pool_backward_bf16)

// loss.h
EB_KERNEL(softmax_cross_entropy_f32)
EB_KERNEL(softmax_cross_entropy_backward_f32)
EB_KERNEL(count_metrics_f64)

// quantize.h
EB_KERNEL(quantize_f32)
EB_KERNEL(quantize_f32_bf16)

// augmentation.h
EB_KERNEL(augment_u8_f32)

// products.h
EB_KERNEL(conv2d_block)
EB_KERNEL(conv2d_f32)
EB_KERNEL(conv2d_epilogue_f32)
EB_KERNEL(conv2d_backward_data_f32)
EB_KERNEL(conv2d_winograd_f32_scratch)
EB_KERNEL(conv2d_winograd_f32)
EB_KERNEL(conv2d_winograd_backward_data_f32_scratch)
EB_KERNEL(conv2d_winograd_backward_data_f32)
EB_KERNEL(conv2d_winograd_backward_weight_f32_scratch)
EB_KERNEL(conv2d_winograd_backward_weight_f32)
EB_KERNEL(conv2d_winograd_4x4_f32_scratch)
EB_KERNEL(conv2d_winograd_4x4_f32)
EB_KERNEL(conv2d_winograd_4x4_backward_data_f32_scratch)
EB_KERNEL(conv2d_winograd_4x4_backward_data_f32)
EB_KERNEL(conv2d_winograd_4x4_backward_weight_f32_scratch)
EB_KERNEL(conv2d_winograd_4x4_backward_weight_f32)
EB_KERNEL(conv2d_backward_weight_f32_scratch)
EB_KERNEL(conv2d_backward_weight_f32)
EB_KERNEL(conv2d_norm_f32_scratch)
EB_KERNEL(conv2d_norm_f32)
EB_KERNEL(conv2d_norm_backward_weight_f32_scratch)
EB_KERNEL(conv2d_norm_backward_weight_f32)
EB_KERNEL(conv2d_norm_4x4_f32_scratch)
EB_KERNEL(conv2d_norm_4x4_f32)
EB_KERNEL(conv2d_norm_4x4_backward_weight_f32_scratch)
EB_KERNEL(conv2d_norm_4x4_backward_weight_f32)
EB_KERNEL(conv2d_norm_backward_f32_scratch)
EB_KERNEL(conv2d_norm_backward_f32)

// ceilings.h
EB_KERNEL(fma_chains_f32)
EB_KERNEL(philox_words)
EB_KERNEL(memory_read)
EB_KERNEL(memory_write)
