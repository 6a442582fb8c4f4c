// The closed list of CPU kernels, one line each: EB_KERNEL(name) for the public function eb_name.
// It has no include guard: whoever includes it defines EB_KERNEL first.

// elementwise.h
EB_KERNEL(relu_f32)
EB_KERNEL(relu_backward_f32)
