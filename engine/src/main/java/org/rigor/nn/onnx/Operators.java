// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.rigor.io.DataException;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxNode;
import org.rigor.ir.Value;
import org.rigor.op.Compare;
import org.rigor.op.F;
import org.rigor.op.Logical;

/**
 * Table of supported operators: the operator sets that changed them, the numbers of their operands
 * and results, their attributes ({@link Signature}) and their semantics. Anything else is refused.
 */
final class Operators {
  /** The first operator set with today's broadcasting. */
  static final long OLDEST = 7;

  /** The newest operator set whose changes this table knows. */
  static final long NEWEST = 28;

  private static final List<Operator> LIST =
      List.of(
          op(
              "Gemm",
              "7 9 11 13",
              "3<11 2-3",
              "1",
              "alpha:f beta:f transA:i transB:i",
              Arithmetic::gemm),
          op("MatMul", "1 9 13", "2", "1", "", Arithmetic::matMul),
          op("Add", "7 13 14", "2", "1", "", Arithmetic::add),
          op("Sub", "7 13 14", "2", "1", "", Arithmetic::sub),
          op("Mul", "7 13 14", "2", "1", "", Arithmetic::mul),
          op("Div", "7 13 14", "2", "1", "", Arithmetic::div),
          op("Mod", "10 13 28", "2", "1", "fmod:i", Arithmetic::mod),
          op("Max", "6 8 12 13", "1+", "1", "", c -> Arithmetic.fold(c, F::maximum)),
          op("Min", "6 8 12 13", "1+", "1", "", c -> Arithmetic.fold(c, F::minimum)),
          op("Sum", "6 8 13", "1+", "1", "", c -> Arithmetic.fold(c, F::add)),
          op("Mean", "6 8 13", "1+", "1", "", Arithmetic::mean),
          op("Pow", "7 12 13 15", "2", "1", "", Arithmetic::pow),
          op("Neg", "6 13", "1", "1", "", each(F::neg)),
          op("Abs", "6 13", "1", "1", "", each(F::abs)),
          op("Sqrt", "6 13", "1", "1", "", each(F::sqrt)),
          op("Exp", "6 13", "1", "1", "", each(F::exp)),
          op("Log", "6 13", "1", "1", "", each(F::log)),
          op("Reciprocal", "6 13", "1", "1", "", each(x -> F.div(F.constant(x, 1), x))),
          op("Erf", "9 13", "1", "1", "", each(F::erf)),
          op("Relu", "6 13 14", "1", "1", "", each(F::relu)),
          op("LeakyRelu", "6 16", "1", "1", "alpha:f", Activations::leakyRelu),
          op("PRelu", "7 9 16", "2", "1", "", Activations::prelu),
          op("Clip", "6 11 12 13", "1<11 1-3", "1", "max:f<11 min:f<11", Activations::clip),
          op("Elu", "6 22", "1", "1", "alpha:f", Activations::elu),
          op("Selu", "6 22", "1", "1", "alpha:f gamma:f", Activations::selu),
          op("Celu", "12 28", "1", "1", "alpha:f", Activations::celu),
          op("Gelu", "20", "1", "1", "approximate:s", Activations::gelu),
          op("Swish", "24", "1", "1", "alpha:f", Activations::swish),
          op("HardSigmoid", "6 22", "1", "1", "alpha:f beta:f", Activations::hardSigmoid),
          op("HardSwish", "14 22", "1", "1", "", Activations::hardSwish),
          op("Sigmoid", "6 13", "1", "1", "", each(F::sigmoid)),
          op("Tanh", "6 13", "1", "1", "", each(F::tanh)),
          op("Mish", "18 22", "1", "1", "", each(x -> F.mul(x, F.tanh(F.softplus(x))))),
          op("Softplus", "1 22", "1", "1", "", each(F::softplus)),
          op("Softmax", "1 11 13", "1", "1", "axis:i", c -> Normalisations.softmax(c, false)),
          op("LogSoftmax", "1 11 13", "1", "1", "axis:i", c -> Normalisations.softmax(c, true)),
          op(
              "BatchNormalization",
              "7 9 14 15",
              "5",
              "1-5<14 1-3",
              "epsilon:f momentum:f spatial:i<9 training_mode:i>=14",
              Normalisations::batchNorm),
          op("InstanceNormalization", "6 22", "3", "1", "epsilon:f", Normalisations::instanceNorm),
          op(
              "GroupNormalization",
              "21",
              "3",
              "1",
              "epsilon:f num_groups:i! stash_type:i",
              Normalisations::groupNorm),
          op(
              "LayerNormalization",
              "17",
              "2-3",
              "1-3",
              "axis:i epsilon:f stash_type:i",
              Normalisations::layerNorm),
          op(
              "Conv",
              "1 11 22",
              "2-3",
              "1",
              "auto_pad:s dilations:is group:i kernel_shape:is pads:is strides:is",
              Convolutions::conv),
          op(
              "ConvTranspose",
              "1 11 22",
              "2-3",
              "1",
              "auto_pad:s dilations:is group:i kernel_shape:is output_padding:is output_shape:is"
                  + " pads:is strides:is",
              Convolutions::convTranspose),
          op(
              "MaxPool",
              "1 8 10 11 12 22",
              "1",
              "1<8 1-2",
              "auto_pad:s ceil_mode:i>=10 dilations:is>=10 kernel_shape:is! pads:is"
                  + " storage_order:i>=8 strides:is",
              Pooling::max),
          op(
              "AveragePool",
              "7 10 11 19 22",
              "1",
              "1",
              "auto_pad:s ceil_mode:i>=10 count_include_pad:i dilations:is>=19 kernel_shape:is!"
                  + " pads:is strides:is",
              Pooling::average),
          op("GlobalMaxPool", "1 22", "1", "1", "", Pooling::globalMax),
          op("GlobalAveragePool", "1 22", "1", "1", "", Pooling::globalAverage),
          op(
              "Resize",
              "10 11 13 18 19",
              "2<11 3-4<13 1-4",
              "1",
              "antialias:i>=18 axes:is>=18 coordinate_transformation_mode:s>=11 cubic_coeff_a:f>=11"
                  + " exclude_outside:i>=11 extrapolation_value:f>=11"
                  + " keep_aspect_ratio_policy:s>=18 mode:s nearest_mode:s>=11",
              Resizing::resize),
          op("Upsample", "7 9 10-", "1<9 2", "1", "mode:s scales:fs!<9", Resizing::upsample),
          op(
              "ReduceMean",
              "1 11 13 18",
              "1<18 1-2",
              "1",
              "axes:is<18 keepdims:i noop_with_empty_axes:i>=18",
              c -> Reductions.reduce(c, 18, F::mean)),
          op(
              "ReduceSum",
              "1 11 13",
              "1<13 1-2",
              "1",
              "axes:is<13 keepdims:i noop_with_empty_axes:i>=13",
              c -> Reductions.reduce(c, 13, F::sum)),
          op(
              "ReduceMax",
              "1 11 12 13 18 20",
              "1<18 1-2",
              "1",
              "axes:is<18 keepdims:i noop_with_empty_axes:i>=18",
              c -> Reductions.reduce(c, 18, F::max)),
          op(
              "ReduceMin",
              "1 11 12 13 18 20",
              "1<18 1-2",
              "1",
              "axes:is<18 keepdims:i noop_with_empty_axes:i>=18",
              c -> Reductions.reduce(c, 18, Reductions::min)),
          op(
              "ReduceSumSquare",
              "1 11 13 18",
              "1<18 1-2",
              "1",
              "axes:is<18 keepdims:i noop_with_empty_axes:i>=18",
              c -> Reductions.composed(c, 18, Reductions::sumSquare)),
          op(
              "ReduceL1",
              "1 11 13 18",
              "1<18 1-2",
              "1",
              "axes:is<18 keepdims:i noop_with_empty_axes:i>=18",
              c -> Reductions.composed(c, 18, Reductions::sumAbs)),
          op(
              "ReduceL2",
              "1 11 13 18",
              "1<18 1-2",
              "1",
              "axes:is<18 keepdims:i noop_with_empty_axes:i>=18",
              c -> Reductions.composed(c, 18, Reductions::length)),
          op("Equal", "7 11 13 19", "2", "1", "", c -> Choices.compare(c, Compare.Kind.EQ)),
          op("Greater", "7 9 13", "2", "1", "", c -> Choices.compare(c, Compare.Kind.GT)),
          op("GreaterOrEqual", "12 16", "2", "1", "", c -> Choices.compare(c, Compare.Kind.GE)),
          op("Less", "7 9 13", "2", "1", "", c -> Choices.compare(c, Compare.Kind.LT)),
          op("LessOrEqual", "12 16", "2", "1", "", c -> Choices.compare(c, Compare.Kind.LE)),
          op("And", "7", "2", "1", "", c -> Choices.logical(c, Logical.Kind.AND, (a, b) -> a & b)),
          op("Or", "7", "2", "1", "", c -> Choices.logical(c, Logical.Kind.OR, (a, b) -> a | b)),
          op("Not", "1", "1", "1", "", Choices::not),
          op("Where", "9 16", "3", "1", "", Choices::where),
          op(
              "Attention",
              "23 24 25",
              "3-6<24 3-7",
              "1-4",
              "is_causal:i kv_num_heads:i left_window_size:i>=25 q_num_heads:i"
                  + " qk_matmul_output_mode:i right_window_size:i>=25 scale:f softcap:f"
                  + " softmax_precision:i",
              Attention::trace),
          op("Concat", "4 11 13", "1+", "1", "axis:i!", Layouts::concat),
          op("Expand", "8 13", "2", "1", "", Layouts::expand),
          op("Flatten", "1 9 11 13 21 23 24 25", "1", "1", "axis:i", Extents::flatten),
          op("Gather", "1 11 13", "2", "1", "axis:i", Layouts::gather),
          op(
              "Pad",
              "2 11 13 18 19 21 23 24 25",
              "1<11 2-3<18 2-4",
              "1",
              "mode:s pads:is!<11 value:f<11",
              Layouts::pad),
          op("Reshape", "5 13 14 19 21 23 24 25", "2", "1", "allowzero:i>=14", Extents::reshape),
          op(
              "Slice",
              "1 10 11 13",
              "1<10 3-5",
              "1",
              "axes:is<10 ends:is!<10 starts:is!<10",
              Layouts::slice),
          several(
              "Split",
              "2 11 13 18",
              "1<13 1-2",
              "1+",
              "axis:i num_outputs:i>=18 split:is<13",
              Layouts::split),
          op("Squeeze", "1 11 13 21 23 24 25", "1<13 1-2", "1", "axes:is<13", Extents::squeeze),
          op("Transpose", "1 13 21 23 24 25", "1", "1", "perm:is", Layouts::transpose),
          op("Unsqueeze", "1 11 13 21 23 24 25", "1<13 2", "1", "axes:is!<13", Extents::unsqueeze),
          op(
              "Cast",
              "6 9 13 19 21 23 24 25 28",
              "1",
              "1",
              "round_mode:s>=24 saturate:i>=19 to:i!",
              Shapes::cast),
          op(
              "Constant",
              "1 9 11 12 13 19 21 23 24 25",
              "0",
              "1",
              "value:t>=11 value:t!<11 value_float:f>=12 value_floats:fs>=12 value_int:i>=12"
                  + " value_ints:is>=12",
              c -> {
                throw new IllegalStateException("constants are known before a trace");
              }),
          op("ConstantOfShape", "9 20 21 23 24 25", "1", "1", "value:t", Shapes::constantOfShape),
          op(
              "Dropout",
              "7 10 12 13 22",
              "1<12 1-3",
              "1-2",
              "ratio:f<12 seed:i>=12",
              Shapes::dropout),
          op("Identity", "1 13 14 16 19 21 23 24 25", "1", "1", "", c -> c.operand(0)),
          op("Shape", "1 13 15 19 21 23 24 25", "1", "1", "end:i>=15 start:i>=15", Shapes::shape));

  private static final Map<String, Operator> BY_NAME = new LinkedHashMap<>();

  static {
    LIST.forEach(o -> BY_NAME.put(o.name(), o));
  }

  private Operators() {}

  private static Operator op(
      String name,
      String versions,
      String inputs,
      String outputs,
      String attributes,
      Function<Call, Operand> first) {
    return several(name, versions, inputs, outputs, attributes, c -> List.of(first.apply(c)));
  }

  /** Returns an operator all of whose results can be read. */
  private static Operator several(
      String name,
      String versions,
      String inputs,
      String outputs,
      String attributes,
      Operator.Handler handler) {
    return new Operator(name, new Signature(versions, inputs, outputs, attributes), handler);
  }

  private static Function<Call, Operand> each(UnaryOperator<Value> f) {
    return c -> Activations.each(c, f);
  }

  /** Returns the operator of that name, which {@link #check} knows. */
  static Operator of(String name) {
    return BY_NAME.get(name);
  }

  /** Returns the names in the order of the documentation. */
  static List<String> names() {
    return List.copyOf(BY_NAME.keySet());
  }

  /**
   * @throws DataException if the operator set is not known, or a node states what its operator does
   *     not have, naming the node
   */
  static void check(OnnxModel model) {
    if (model.opset() < OLDEST || model.opset() > NEWEST) {
      throw new DataException(
          "%s: uses operator set %d, read are %d to %d"
              .formatted(model.source(), model.opset(), OLDEST, NEWEST));
    }
    Map<String, OnnxNode> names = new HashMap<>();
    for (OnnxNode n : model.graph().nodes()) {
      try {
        OnnxNode other = n.name().isEmpty() ? null : names.put(n.name(), n);
        if (other != null) {
          throw new IllegalArgumentException("%s has the same name".formatted(other.describe()));
        }
        check(n, model.opset());
      } catch (IllegalArgumentException e) {
        throw new DataException(model.source() + ": " + n.describe() + ": " + e.getMessage(), e);
      }
    }
  }

  private static void check(OnnxNode n, long opset) {
    Operator known = BY_NAME.get(n.operator());
    if (known == null) {
      throw new IllegalArgumentException(
          "the operator "
              + n.operator()
              + " is not supported, supported are "
              + String.join(", ", names()));
    }
    known.signature().check(n, opset);
  }
}
