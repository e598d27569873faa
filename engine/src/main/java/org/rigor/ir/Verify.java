// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rigor.tensor.TensorType;

/** Definition of a legal program. Runs whenever a program is built, so also between passes. */
public final class Verify {
  private Verify() {}

  /**
   * Checks that there is an output; that operands precede uses; that inputs are declared; that each
   * node's type is what its op says; that every rank is at least 1 and every model axis is M or 1;
   * that a state pair names a declared input and has equal types. {@link Program.Builder#state}
   * already refuses to overwrite an input twice.
   *
   * @throws IllegalArgumentException naming the program, the node and the line that traced it
   */
  public static void check(Program p) {
    if (p.outputs().isEmpty()) {
      throw new IllegalArgumentException(p.name() + ": a program needs at least one output");
    }
    Set<Value> declared = Collections.newSetFromMap(new IdentityHashMap<>());
    declared.addAll(p.inputs().values());
    Set<Value> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    int models = p.models();
    for (Value v : p.nodes()) {
      if (v.isInput() && !declared.contains(v)) {
        throw new IllegalArgumentException(
            p.name() + ": uses input '" + v.origin() + "' of another program");
      }
      for (Value x : v.inputs()) {
        if (!seen.contains(x)) {
          throw new IllegalArgumentException(p.name() + ": " + v + " precedes its operand " + x);
        }
      }
      if (!v.isInput()) {
        List<TensorType> types = v.inputs().stream().map(Value::type).toList();
        TensorType expected = v.op().type(types);
        if (!expected.equals(v.type())) {
          throw new IllegalArgumentException(
              p.name() + ": " + v + " should have type " + expected + "; traced at " + v.origin());
        }
      }
      int m = v.shape().rank() == 0 ? 0 : v.shape().models();
      if (m != 1 && m != models) {
        throw new IllegalArgumentException(
            p.name()
                + ": the model axis must be 1 or "
                + models
                + ", got "
                + v.type()
                + " in "
                + v
                + "; traced at "
                + v.origin());
      }
      seen.add(v);
    }
    for (Map.Entry<String, String> s : p.state().entrySet()) {
      Value old = p.inputs().get(s.getValue());
      Value next = p.outputs().get(s.getKey());
      if (old == null) {
        throw new IllegalArgumentException(p.name() + ": state '" + s.getValue() + "' is no input");
      }
      if (!old.type().equals(next.type())) {
        throw new IllegalArgumentException(
            p.name()
                + ": state '"
                + s.getValue()
                + "' has type "
                + old.type()
                + " but its new value has "
                + next.type()
                + "; traced at "
                + next.origin());
      }
    }
  }
}
