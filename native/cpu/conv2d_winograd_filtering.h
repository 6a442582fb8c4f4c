// Winograd's minimal filterings F(2x2, 3x3) and F(4x4, 3x3), see conv2d_winograd.cpp: what they make of a
// line of pixels, weights, products, gradients and sums.
#ifndef EARLYBIRD_CPU_CONV2D_WINOGRAD_FILTERING_H
#define EARLYBIRD_CPU_CONV2D_WINOGRAD_FILTERING_H

#include "cpu/simd.h"

namespace eb::EB_ISA {

// In the names of the paper: B^T d of pixels d, G g of weights g, A^T m of products m; for the gradient of
// a weight A d of gradients d and G^T s of sums s.

// At the points 0, 1, -1 and infinity.
struct Filtering2 {
  static constexpr int kResults = 2;  // of a line
  static constexpr int kLine = 4;     // points of a line
  static constexpr int kPoints = 16;
  static constexpr bool kUnrolled = true;  // whether a tile's lines fit into registers

  static void input(const Vec (&d)[4], Vec (&t)[4]) {
    t[0] = sub(d[0], d[2]);
    t[1] = add(d[1], d[2]);
    t[2] = sub(d[2], d[1]);
    t[3] = sub(d[1], d[3]);
  }

  static void weight(const Vec (&g)[3], Vec (&t)[4]) {
    const Vec ends = add(g[0], g[2]);
    t[0] = g[0];
    t[1] = half(add(ends, g[1]));
    t[2] = half(sub(ends, g[1]));
    t[3] = g[2];
  }

  static void output(const Vec (&m)[4], Vec (&y)[2]) {
    y[0] = add(m[0], add(m[1], m[2]));
    y[1] = sub(sub(m[1], m[2]), m[3]);
  }

  static void gradient(const Vec (&d)[2], Vec (&t)[4]) {
    t[0] = d[0];
    t[1] = add(d[0], d[1]);
    t[2] = sub(d[0], d[1]);
    t[3] = sub(zero(), d[1]);
  }

  static void weight_sum(const Vec (&s)[4], Vec (&g)[3]) {
    const Vec sum = half(add(s[1], s[2]));
    g[0] = add(s[0], sum);
    g[1] = half(sub(s[1], s[2]));
    g[2] = add(sum, s[3]);
  }

 private:
  static Vec half(Vec v) {
    static const float kHalf = 0.5f;
    return mul(v, broadcast(&kHalf));
  }
};

// At the points 0, r, -r, 2r, -2r and infinity, where r is the root of a half.
struct Filtering4 {
  static constexpr int kResults = 4;
  static constexpr int kLine = 6;
  static constexpr int kPoints = 36;
  static constexpr bool kUnrolled = false;

  static void input(const Vec (&d)[6], Vec (&t)[6]) {
    const Vec even = times(-2.0f, d[2], d[4]);
    const Vec odd = times(-2.0f, d[1], d[3]);
    const Vec far_even = times(-0.5f, d[2], d[4]);
    const Vec far_odd = times(-0.5f, d[1], d[3]);
    t[0] = times(-2.5f, d[2], add(d[0], d[4]));
    t[1] = times(kRoot, odd, even);
    t[2] = times(-kRoot, odd, even);
    t[3] = times(2 * kRoot, far_odd, far_even);
    t[4] = times(-2 * kRoot, far_odd, far_even);
    t[5] = times(-2.5f, d[3], add(d[1], d[5]));
  }

  static void weight(const Vec (&g)[3], Vec (&t)[6]) {
    const Vec even = times(-1 / 3.0f, g[2], times(-2 / 3.0f, g[0]));
    const Vec far_even = times(1 / 3.0f, g[2], times(1 / 6.0f, g[0]));
    t[0] = g[0];
    t[1] = times(-2 * kRoot / 3, g[1], even);
    t[2] = times(2 * kRoot / 3, g[1], even);
    t[3] = times(kRoot / 3, g[1], far_even);
    t[4] = times(-kRoot / 3, g[1], far_even);
    t[5] = g[2];
  }

  static void output(const Vec (&m)[6], Vec (&y)[4]) {
    const Vec sum = add(m[1], m[2]);
    const Vec difference = sub(m[1], m[2]);
    const Vec far_sum = add(m[3], m[4]);
    const Vec far_difference = sub(m[3], m[4]);
    y[0] = add(m[0], add(sum, far_sum));
    y[1] = times(kRoot, times(2.0f, far_difference, difference));
    y[2] = times(2.0f, far_sum, times(0.5f, sum));
    y[3] = times(kRoot / 2, times(8.0f, far_difference, difference), m[5]);
  }

  static void gradient(const Vec (&d)[4], Vec (&t)[6]) {
    const Vec even = times(0.5f, d[2], d[0]);
    const Vec odd = times(0.5f, d[3], d[1]);
    const Vec far_even = times(2.0f, d[2], d[0]);
    const Vec far_odd = times(2.0f, d[3], d[1]);
    t[0] = d[0];
    t[1] = times(kRoot, odd, even);
    t[2] = times(-kRoot, odd, even);
    t[3] = times(2 * kRoot, far_odd, far_even);
    t[4] = times(-2 * kRoot, far_odd, far_even);
    t[5] = d[3];
  }

  static void weight_sum(const Vec (&s)[6], Vec (&g)[3]) {
    const Vec sum = add(s[1], s[2]);
    const Vec difference = sub(s[1], s[2]);
    const Vec far_sum = add(s[3], s[4]);
    const Vec far_difference = sub(s[3], s[4]);
    g[0] = times(1 / 6.0f, times(-4.0f, sum, far_sum), s[0]);
    g[1] = times(kRoot / 3, times(-2.0f, difference, far_difference));
    g[2] = times(1 / 3.0f, sub(far_sum, sum), s[5]);
  }

 private:
  static constexpr float kRoot = 0.70710678118654752f;

  static Vec all(float factor) { return broadcast(&factor); }

  static Vec times(float factor, Vec v) { return mul(all(factor), v); }

  static Vec times(float factor, Vec v, Vec more) { return fma(all(factor), v, more); }
};

}  // namespace eb::EB_ISA

#endif
