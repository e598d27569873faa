// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The header of an NPY file: a Python dictionary literal with exactly the keys descr, fortran_order
 * and shape.
 */
record NpyHeader(ElementKind kind, ByteOrder order, boolean fortranOrder, long[] shape) {
  /** NumPy's default limit on the header length of untrusted files. */
  static final int MAX_LENGTH = 10_000;

  /** NumPy's limit on the number of axes. */
  private static final int MAX_RANK = 64;

  static NpyHeader parse(String file, String text) {
    return new Parser(file, text).header();
  }

  private static final class Parser {
    private final String file;
    private final String text;
    private int at;

    Parser(String file, String text) {
      this.file = file;
      this.text = text;
    }

    NpyHeader header() {
      String descr = null;
      Boolean fortran = null;
      long[] shape = null;
      Set<String> seen = new HashSet<>();
      expect('{');
      while (!accept('}')) {
        String key = string();
        if (!seen.add(key)) {
          throw error("names '" + key + "' twice");
        }
        expect(':');
        switch (key) {
          case "descr" -> descr = descr();
          case "fortran_order" -> fortran = bool();
          case "shape" -> shape = shape();
          default -> throw error("has the unknown key '" + key + "'");
        }
        if (!accept(',')) {
          expect('}');
          break;
        }
      }
      skipSpace();
      if (at != text.length()) {
        throw error("goes on after its closing brace");
      }
      if (descr == null || fortran == null || shape == null) {
        throw error("must have the keys descr, fortran_order and shape, got " + seen);
      }
      return of(descr, fortran, shape);
    }

    private NpyHeader of(String descr, boolean fortran, long[] shape) {
      if (descr.length() < 2) {
        throw unsupported(descr);
      }
      ByteOrder order =
          switch (descr.charAt(0)) {
            case '<', '|' -> ByteOrder.LITTLE_ENDIAN;
            case '>' -> ByteOrder.BIG_ENDIAN;
            case '=' -> ByteOrder.nativeOrder();
            default -> throw unsupported(descr);
          };
      ElementKind kind =
          switch (descr.substring(1)) {
            case "f2" -> ElementKind.F16;
            case "f4" -> ElementKind.F32;
            case "f8" -> ElementKind.F64;
            case "b1" -> ElementKind.BOOL;
            case "u1" -> ElementKind.U8;
            case "i1" -> ElementKind.I8;
            case "u2" -> ElementKind.U16;
            case "i2" -> ElementKind.I16;
            case "u4" -> ElementKind.U32;
            case "i4" -> ElementKind.I32;
            case "u8" -> ElementKind.U64;
            case "i8" -> ElementKind.I64;
            default -> throw unsupported(descr);
          };
      return new NpyHeader(kind, order, fortran, shape);
    }

    private DataException unsupported(String descr) {
      String why = descr.indexOf('O') >= 0 ? ", pickled objects could run code" : "";
      return error(
          "has the element type '" + descr + "', read are f2, f4, f8, integers and bool" + why);
    }

    private String descr() {
      skipSpace();
      if (at < text.length() && text.charAt(at) == '[') {
        throw error("describes a structured array, only plain element types are read");
      }
      return string();
    }

    private String string() {
      skipSpace();
      char quote = at < text.length() ? text.charAt(at) : 0;
      if (quote != '\'' && quote != '"') {
        throw error("needs a quoted string at character " + at);
      }
      int end = text.indexOf(quote, at + 1);
      if (end < 0) {
        throw error("has a string without an end at character " + at);
      }
      String s = text.substring(at + 1, end);
      at = end + 1;
      return s;
    }

    private boolean bool() {
      skipSpace();
      for (boolean value : new boolean[] {true, false}) {
        String literal = value ? "True" : "False";
        if (text.startsWith(literal, at)) {
          at += literal.length();
          return value;
        }
      }
      throw error("needs True or False at character " + at);
    }

    private long[] shape() {
      List<Long> dims = new ArrayList<>();
      expect('(');
      while (!accept(')')) {
        dims.add(number());
        if (dims.size() > MAX_RANK) {
          throw error("has more than " + MAX_RANK + " axes");
        }
        if (!accept(',')) {
          expect(')');
          break;
        }
      }
      return dims.stream().mapToLong(Long::longValue).toArray();
    }

    private long number() {
      skipSpace();
      int start = at;
      while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
        at++;
      }
      // Eighteen digits cannot overflow a long, and no valid extent has more.
      if (at == start || at - start > 18) {
        throw error("needs an extent of 1 to 18 digits at character " + start);
      }
      return Long.parseLong(text, start, at, 10);
    }

    private boolean accept(char c) {
      skipSpace();
      if (at < text.length() && text.charAt(at) == c) {
        at++;
        return true;
      }
      return false;
    }

    private void expect(char c) {
      if (!accept(c)) {
        throw error("needs '" + c + "' at character " + at);
      }
    }

    private void skipSpace() {
      while (at < text.length() && " \n\t\r".indexOf(text.charAt(at)) >= 0) {
        at++;
      }
    }

    private DataException error(String problem) {
      return new DataException(file + ": the NPY header " + problem);
    }
  }
}
