// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.Map;

/** The printed form of a program and the hash of its canonical form. */
final class ProgramText {
  private ProgramText() {}

  static String print(Program p) {
    return text(p, true);
  }

  static String hash(Program p) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(sha.digest(text(p, false).getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String text(Program p, boolean origins) {
    StringBuilder out = new StringBuilder("program ").append(p.name()).append('\n');
    Map<Value, Integer> number = new IdentityHashMap<>();
    p.inputs()
        .forEach(
            (name, v) -> {
              number.put(v, number.size());
              out.append(String.format("  %%%d = input %s %s%n", number.get(v), name, v.type()));
            });
    for (Value v : p.nodes()) {
      if (v.isInput()) {
        continue;
      }
      number.put(v, number.size());
      out.append("  %").append(number.get(v)).append(" = ").append(v.op()).append(" (");
      for (int i = 0; i < v.inputs().size(); i++) {
        out.append(i == 0 ? "%" : ", %").append(number.get(v.input(i)));
      }
      out.append(") ").append(v.type());
      if (origins) {
        out.append("   # ").append(v.origin());
      }
      out.append('\n');
    }
    p.outputs()
        .forEach(
            (name, v) -> {
              String old = p.state().get(name);
              out.append("  output ").append(name).append(" = %").append(number.get(v));
              out.append(old == null ? "\n" : " replaces " + old + "\n");
            });
    return out.toString();
  }
}
