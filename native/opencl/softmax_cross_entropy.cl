// Softmax cross-entropy and its gradient, in double: one work-item per row, one that joins the rows'
// losses in order.
static double larger(double a, double b) { return a != a || a > b ? a : b; }

kernel void softmax_cross_entropy_f32(global const float* logits, ulong logits_at,
                                      global const int* labels, ulong labels_at, uint rows,
                                      uint classes, global float* probabilities,
                                      ulong probabilities_at, global double* losses,
                                      ulong losses_at) {
  EB_ITEMS(row, rows) {
    global const float* z = logits + logits_at + row * classes;
    global float* p = probabilities + probabilities_at + row * classes;
    const int label = labels[labels_at + row];
    const double own = label >= 0 && (uint)label < classes ? (double)z[label] : (double)NAN;
    double most = -INFINITY;
    for (uint j = 0; j < classes; j++) most = larger((double)z[j], most);
    double sum = 0.0;
    for (uint j = 0; j < classes; j++) sum += exp((double)z[j] - most);
    losses[losses_at + row] = log(sum) - (own - most);
    for (uint j = 0; j < classes; j++) p[j] = (float)(exp((double)z[j] - most) / sum);
  }
}

kernel void mean_loss_f32(global const double* losses, ulong losses_at, uint rows,
                          global float* loss, ulong loss_at) {
  double sum = 0.0;
  for (uint i = 0; i < rows; i++) sum += losses[losses_at + i];
  loss[loss_at] = (float)(sum / rows);
}

kernel void softmax_cross_entropy_backward_f32(global const float* probabilities,
                                               ulong probabilities_at, global const int* labels,
                                               ulong labels_at, global const float* dloss,
                                               ulong dloss_at, uint rows, uint classes,
                                               global float* dlogits, ulong dlogits_at) {
  EB_ITEMS(i, rows * classes) {
    const double hot = (uint)labels[labels_at + i / classes] == i % classes ? 1.0 : 0.0;
    const double d = (double)dloss[dloss_at] * ((double)probabilities[probabilities_at + i] - hot);
    dlogits[dlogits_at + i] = (float)(d / rows);
  }
}
