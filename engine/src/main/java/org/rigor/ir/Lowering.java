// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Closed set of computations that a backend can run. A new op lowers to one of them and never
 * touches a backend.
 */
public sealed interface Lowering {
  /** One output element from one element of each input; inputs broadcast to the output shape. */
  record Map(Expr body) implements Lowering {}

  /**
   * Reduction of {@code body}, evaluated over the broadcast shape of the inputs, along {@code
   * axes}; the result keeps those axes with extent 1. ARGMAX yields the I32 position in row-major
   * order over the reduced axes.
   */
  record Reduce(Kind kind, List<Integer> axes, Expr body) implements Lowering {
    public enum Kind {
      /** 16 virtual lanes over fixed chunks, then a fixed tree: the same bits on every device. */
      SUM,
      /** NaN if any element is NaN; +0 is larger than -0. */
      MAX,
      /** NaN if any element is NaN; -0 is smaller than +0. */
      MIN,
      /** First position of the maximum; a NaN counts as the maximum. */
      ARGMAX
    }
  }

  /**
   * Matrix products over the last two axes: [..., R, K] x [..., K, C], operands transposed as
   * stored when {@code ta} / {@code tb}; leading axes broadcast.
   */
  record Gemm(boolean ta, boolean tb) implements Lowering {}

  /**
   * A kernel specific to the op. On CUDA: {@code entry} of {@code file} in the kernels module, with
   * the arguments in this order: input pointers, output pointer, one {@code long long} model stride
   * for each of them (0 = shared by all models), {@code int models}, {@code int items}, then {@code
   * int} parameters. Operands are dense within a model. Thread (x, y) works on item x of model y;
   * kernels loop with grid strides over both. Element types of the operands are given by the macros
   * T0, T1, ..., TOUT. With {@code blocks}, block (x, y) works on item x of model y instead.
   *
   * @param items independent work items per model, usually the output elements per model
   * @param macros further macros that fix values at compile time
   * @param blocks size of the block that works on an item; empty if one thread does
   * @param reference the same computation for one model, in plain Java
   * @param updates whether the output starts as a copy of input 0, of which the kernel changes some
   *     elements; operand 0 then is the output itself
   */
  record Launch(
      String file,
      String entry,
      int items,
      List<Integer> params,
      SortedMap<String, String> macros,
      Optional<Blocks> blocks,
      Reference reference,
      boolean updates)
      implements Lowering {
    /** Runs one thread per item. */
    public Launch(String file, String entry, int items, List<Integer> params, Reference reference) {
      this(file, entry, items, params, Optional.empty(), reference);
    }

    /** Defines no macros beyond the types. */
    public Launch(
        String file,
        String entry,
        int items,
        List<Integer> params,
        Optional<Blocks> blocks,
        Reference reference) {
      this(file, entry, items, params, new TreeMap<>(), blocks, reference);
    }

    /** Writes the whole output. */
    public Launch(
        String file,
        String entry,
        int items,
        List<Integer> params,
        SortedMap<String, String> macros,
        Optional<Blocks> blocks,
        Reference reference) {
      this(file, entry, items, params, macros, blocks, reference, false);
    }

    /** Returns this kernel as one that changes a copy of input 0. */
    public Launch updating() {
      return new Launch(file, entry, items, params, macros, blocks, reference, true);
    }
  }

  /**
   * Thread block that works on one item.
   *
   * @param threads along x, 1 to 1024
   * @param shared bytes of dynamic shared memory; {@code Device.sharedBytes} at most
   */
  record Blocks(int threads, int shared) {}

  /** The output is another view of input 0; empty if strides cannot express that view. */
  record Alias(ViewRule rule) implements Lowering {}

  /** Re-indexing of a view. */
  interface ViewRule {
    Optional<View> apply(View in);
  }

  /** Computes one model's block of the output from the same model's blocks of the inputs. */
  interface Reference {
    void run(Block[] in, Block out);
  }

  /** Reference with independent items, which threads can share out. */
  record Items(int count, RangeReference range) implements Reference {
    @Override
    public void run(Block[] in, Block out) {
      range.run(in, out, 0, count);
    }
  }

  /** Computes the items {@code from} to {@code to - 1} of one model. */
  interface RangeReference {
    void run(Block[] in, Block out, int from, int to);
  }

  /**
   * The dense elements of one model.
   *
   * @param array {@code float[]}, {@code double[]} or {@code int[]}
   * @param offset index of the first element
   */
  record Block(Object array, int offset) {
    public float[] floats() {
      return (float[]) array;
    }

    public double[] doubles() {
      return (double[]) array;
    }

    public int[] ints() {
      return (int[]) array;
    }

    /** Copies {@code n} elements without changing a bit. */
    public void copyTo(int from, Block to, int at, int n) {
      System.arraycopy(array, offset + from, to.array, to.offset + at, n);
    }
  }
}
