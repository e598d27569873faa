// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
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
 * Random words as a pure function of trial key, site, sample and step: I32 [M, B, rest...], every
 * bit uniform. Operands: key I32 [M or 1, 2], sample ids I32 [M or 1, B], step counters I32 [M or
 * 1, 1 or 2]. A sample's words do not depend on its place in the batch or on the other samples.
 *
 * <p>Element e of a sample is word e mod 4 of Philox 4x32-10 (Salmon et al., SC 2011) at counter (e
 * / 4, sample id, step 0, step 1) under the key XORed with the two halves of the site's hash: sites
 * of a trial never share a key.
 *
 * @param site name of the place in the program that draws
 */
public record RandomBits(String site, Shape rest) implements Op {
  @Override
  public TensorType type(List<TensorType> in) {
    for (TensorType t : in) {
      if (t.dtype() != DType.I32 || t.shape().rank() != 2) {
        throw new IllegalArgumentException("operands must be i32 [M, 2], [M, B], [M, 1 or 2]");
      }
    }
    if (in.get(0).shape().dim(1) != 2 || in.get(2).shape().dim(1) > 2) {
      throw new IllegalArgumentException("a key has 2 words, a step counter 1 or 2");
    }
    int m = 1;
    for (TensorType t : in) {
      m = Pointwise.broadcast(List.of(Shape.of(m), Shape.of(t.shape().models()))).dim(0);
    }
    int[] r = rest.dims();
    int[] d = Arrays.copyOf(new int[] {m, in.get(1).shape().dim(1)}, 2 + r.length);
    System.arraycopy(r, 0, d, 2, r.length);
    return new TensorType(DType.I32, Shape.of(d));
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
    int n = Math.toIntExact(rest.size());
    int counters = y.input(2).shape().dim(1);
    long hash = hash(site);
    int high = (int) (hash >>> 32);
    int low = (int) hash;
    int blocks = (n + 3) / 4;
    return new Lowering.Launch(
        "random.cu",
        "random_bits",
        b * blocks,
        List.of(n, counters, high, low),
        new Lowering.Items(
            b * blocks,
            (in, out, from, to) -> {
              int[] block = new int[4];
              for (int item = from; item < to; item++) {
                int i = item / blocks;
                int e = item % blocks;
                Philox.block(
                    e,
                    word(in[1], i),
                    word(in[2], 0),
                    counters > 1 ? word(in[2], 1) : 0,
                    word(in[0], 0) ^ high,
                    word(in[0], 1) ^ low,
                    block,
                    0);
                int at = out.offset() + i * n + 4 * e;
                System.arraycopy(block, 0, out.ints(), at, Math.min(4, n - 4 * e));
              }
            }));
  }

  /** Returns element i of an I32 block. */
  static int word(Lowering.Block block, int i) {
    return block.ints()[block.offset() + i];
  }

  /** Returns the first 8 bytes of the name's SHA-256. */
  static long hash(String site) {
    try {
      byte[] d = MessageDigest.getInstance("SHA-256").digest(site.getBytes(StandardCharsets.UTF_8));
      long h = 0;
      for (int i = 0; i < 8; i++) {
        h = h << 8 | (d[i] & 0xff);
      }
      return h;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Draws for stacked sample ids as for more samples: [M, S, B] as [M, S * B]. */
  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    Reductions.refuseStacked("randomBits", "key and steps", stacked.get(0) || stacked.get(2));
    Shape ids = in.get(1).shape();
    Value flat = F.reshape(in.get(1), Reductions.joinStack(ids));
    Value bits = Value.of(this, in.get(0), flat, in.get(2));
    return F.reshape(bits, y.shape().with(0, bits.shape().models()).insert(1, extent));
  }
}
