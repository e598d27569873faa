// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.Arrays;
import java.util.List;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.Philox;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * A keyed bijection of [0, n): I32 positions [M or 1, B] to I32 [M, B]. Operands: key I32 [M or 1,
 * 2], positions, epoch counter I32 [M or 1, 1]. The same position, key and epoch always give the
 * same index, whatever other positions the call has; positions outside [0, n) count as the nearest
 * inside.
 *
 * <p>A Feistel network of eight rounds over the smallest even number of bits that holds n - 1, with
 * Philox as round function; an image outside [0, n) is mapped again until it is inside (cycle
 * walking; Black and Rogaway, CT-RSA 2002, "Ciphers with arbitrary finite domains"), four times on
 * average at most. The key is XORed with the site's hash as in {@link RandomBits}.
 */
public record Permutation(String site, int n) implements Op {
  private static final int ROUNDS = 8;

  @Override
  public TensorType type(List<TensorType> in) {
    for (TensorType t : in) {
      if (t.dtype() != DType.I32 || t.shape().rank() != 2) {
        throw new IllegalArgumentException("operands must be i32 [M, 2], [M, B], [M, 1]");
      }
    }
    if (in.get(0).shape().dim(1) != 2 || in.get(2).shape().dim(1) != 1) {
      throw new IllegalArgumentException("a key has 2 words, an epoch counter 1");
    }
    if (n < 1 || n > 1 << 30) {
      throw new IllegalArgumentException("needs 1 to 2^30 elements, got " + n);
    }
    int m = 1;
    for (TensorType t : in) {
      m = Pointwise.broadcast(List.of(Shape.of(m), Shape.of(t.shape().models()))).dim(0);
    }
    return new TensorType(DType.I32, in.get(1).shape().with(0, m));
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    return Arrays.asList(null, null, null);
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    return null;
  }

  @Override
  public Lowering lower(Value y) {
    int b = y.shape().dim(1);
    int half = halfBits();
    long hash = RandomBits.hash(site);
    return new Lowering.Launch(
        "random.cu",
        "permutation",
        b,
        List.of(n, half, (int) (hash >>> 32), (int) hash),
        (in, out) -> {
          int[] positions = new int[b];
          for (int i = 0; i < b; i++) {
            positions[i] = RandomBits.word(in[1], i);
          }
          int[] images =
              at(
                  positions,
                  RandomBits.word(in[0], 0),
                  RandomBits.word(in[0], 1),
                  RandomBits.word(in[2], 0));
          System.arraycopy(images, 0, out.ints(), out.offset(), b);
        });
  }

  /** Computes the indices at some positions under one key and epoch on the host. */
  public int[] at(int[] positions, int k0, int k1, int epoch) {
    long hash = RandomBits.hash(site);
    int high = k0 ^ (int) (hash >>> 32);
    int low = k1 ^ (int) hash;
    int half = halfBits();
    int mask = (1 << half) - 1;
    int[] block = new int[4];
    // Each position takes eight rounds or more: where rounds have few arguments, all are computed.
    int[] known = 1 << half <= positions.length ? new int[ROUNDS << half] : null;
    for (int i = 0; known != null && i < known.length; i++) {
      Philox.block(i & mask, i >>> half, epoch, 0, high, low, block, 0);
      known[i] = block[0] & mask;
    }
    int[] images = new int[positions.length];
    for (int i = 0; i < images.length; i++) {
      int x = Math.max(0, Math.min(n - 1, positions[i]));
      do {
        x = known != null ? feistel(x, half, known) : feistel(x, half, epoch, high, low, block);
      } while (x >= n);
      images[i] = x;
    }
    return images;
  }

  private static int feistel(int x, int half, int[] known) {
    int mask = (1 << half) - 1;
    int left = x >>> half;
    int right = x & mask;
    for (int round = 0; round < ROUNDS; round++) {
      int next = left ^ known[round << half | right];
      left = right;
      right = next;
    }
    return left << half | right;
  }

  /** Returns the bits of each half; both halves together hold n - 1. */
  private int halfBits() {
    int bits = 32 - Integer.numberOfLeadingZeros(Math.max(1, n - 1));
    return (bits + 1) / 2;
  }

  private static int feistel(int x, int half, int epoch, int k0, int k1, int[] block) {
    int mask = (1 << half) - 1;
    int left = x >>> half;
    int right = x & mask;
    for (int round = 0; round < ROUNDS; round++) {
      Philox.block(right, round, epoch, 0, k0, k1, block, 0);
      int next = left ^ (block[0] & mask);
      left = right;
      right = next;
    }
    return left << half | right;
  }

  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    Reductions.refuseStacked("permutation", "key and epoch", stacked.get(0) || stacked.get(2));
    Shape at = in.get(1).shape();
    Value flat = F.reshape(in.get(1), Reductions.joinStack(at));
    Value out = Value.of(this, in.get(0), flat, in.get(2));
    return F.reshape(out, y.shape().with(0, out.shape().models()).insert(1, extent));
  }
}
