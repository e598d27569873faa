// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import org.rigor.io.DataException;
import org.rigor.io.ElementKind;

/** The type codes of TensorProto.DataType. */
final class OnnxTypes {
  private OnnxTypes() {}

  static ElementKind kind(String file, String what, long type) {
    return switch ((int) Math.min(Math.max(type, -1), 1000)) {
      case 1 -> ElementKind.F32;
      case 2 -> ElementKind.U8;
      case 3 -> ElementKind.I8;
      case 4 -> ElementKind.U16;
      case 5 -> ElementKind.I16;
      case 6 -> ElementKind.I32;
      case 7 -> ElementKind.I64;
      case 9 -> ElementKind.BOOL;
      case 10 -> ElementKind.F16;
      case 11 -> ElementKind.F64;
      case 12 -> ElementKind.U32;
      case 13 -> ElementKind.U64;
      case 16 -> ElementKind.BF16;
      default ->
          throw new DataException(
              file
                  + ": "
                  + what
                  + " has the ONNX element type "
                  + type
                  + ", read are real numbers, integers and bool (1 to 7, 9 to 13, 16)");
    };
  }

  static int number(ElementKind kind) {
    return switch (kind) {
      case F32 -> 1;
      case U8 -> 2;
      case I8 -> 3;
      case U16 -> 4;
      case I16 -> 5;
      case I32 -> 6;
      case I64 -> 7;
      case BOOL -> 9;
      case F16 -> 10;
      case F64 -> 11;
      case U32 -> 12;
      case U64 -> 13;
      case BF16 -> 16;
    };
  }
}
