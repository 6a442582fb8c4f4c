// Metric counters: a rank per row, then one work-item adds them up; counts are integers, so any
// order of adding them gives the same bits.
kernel void rank_f32(global const float* logits, ulong logits_at, global const int* labels,
                     ulong labels_at, uint rows, uint classes, global int* ranks, ulong ranks_at) {
  EB_ITEMS(row, rows) {
    global const float* z = logits + logits_at + row * classes;
    const int label = labels[labels_at + row];
    int before = -1;  // the label never counts
    if (label >= 0 && (uint)label < classes && z[label] == z[label]) {
      const float own = z[label];
      before = 0;
      for (uint j = 0; j < classes; j++) {
        before += z[j] > own || (z[j] == own && j < (uint)label);
      }
    }
    ranks[ranks_at + row] = before;
  }
}

kernel void count_metrics_f32(global const double* counters, ulong counters_at,
                              global const int* ranks, ulong ranks_at, global const float* loss,
                              ulong loss_at, global const long* step, ulong step_at, uint rows,
                              global double* updated, ulong updated_at) {
  int top1 = 0;
  int top5 = 0;
  for (uint row = 0; row < rows; row++) {
    const int before = ranks[ranks_at + row];
    top1 += before == 0;
    top5 += before >= 0 && before < 5;
  }
  double c[6];
  for (int i = 0; i < 6; i++) c[i] = counters[counters_at + i];
  const double mean = (double)loss[loss_at];
  c[0] += (double)rows * mean;
  c[1] += (double)rows;
  c[2] += (double)top1;
  c[3] += (double)top5;
  c[4] += 1.0;
  if (!isfinite(mean) && c[5] == 0.0) c[5] = (double)(step[step_at] + 1);
  for (int i = 0; i < 6; i++) updated[updated_at + i] = c[i];
}
