// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Program cut in two, for inputs that change in every run and inputs that do not: {@code once}
 * computes everything that does not depend on the varying inputs, and {@code each} reads the
 * outputs of {@code once} as inputs of the same names. Together they give the bits of the whole
 * program. State varies, and stays with {@code each}.
 *
 * @param once outputs {@code once/program/0}, {@code once/program/1}, ..., named after the program,
 *     so that several cut programs may share buffers; empty if there is nothing to hoist
 * @param each has the inputs and outputs of the whole
 */
public record Hoist(Optional<Program> once, Program each) {

  /**
   * Cuts a program.
   *
   * @param varying names of inputs that change between runs, besides state
   * @param most bytes of a value that may be kept from run to run; what is larger is computed in
   *     each
   */
  public static Hoist of(Program p, Set<String> varying, long most) {
    Set<Value> moving = Collections.newSetFromMap(new IdentityHashMap<>());
    Set<Value> fixed = Collections.newSetFromMap(new IdentityHashMap<>());
    Collection<String> states = p.state().values();
    p.inputs()
        .forEach(
            (name, v) -> (varying.contains(name) || states.contains(name) ? moving : fixed).add(v));
    List<Value> edge = new ArrayList<>();
    Map<Value, Stored> stored = new IdentityHashMap<>();
    for (Value v : p.nodes()) {
      boolean tooLarge = v.shape().size() * v.dtype().bytes() > most && stored(v, stored) == v;
      if (v.inputs().stream().anyMatch(moving::contains) || tooLarge && !v.isInput()) {
        moving.add(v);
        for (Value x : v.inputs()) {
          Value s = stored(x, stored);
          if (fixed.contains(s) && !s.isInput() && edge.stream().noneMatch(e -> e == s)) {
            edge.add(s);
          }
        }
      } else if (v.inputs().stream().anyMatch(fixed::contains)) {
        fixed.add(v);
      }
    }
    Program.Builder once = Program.builder(p.name() + "-once");
    Program.Builder each = Program.builder(p.name());
    Map<Value, Value> known = new IdentityHashMap<>();
    for (int i = 0; i < edge.size(); i++) {
      known.put(edge.get(i), each.input(name(p, i), edge.get(i).type()));
    }
    List<Value> before = rebuilt(edge, new IdentityHashMap<>(), p, once, false);
    for (int i = 0; i < before.size(); i++) {
      once.output(name(p, i), before.get(i));
    }
    List<Value> after = rebuilt(List.copyOf(p.outputs().values()), known, p, each, true);
    int o = 0;
    for (String name : p.outputs().keySet()) {
      String replaced = p.state().get(name);
      if (replaced == null) {
        each.output(name, after.get(o++));
      } else {
        each.state(replaced, after.get(o++));
      }
    }
    Optional<Program> first = edge.isEmpty() ? Optional.empty() : Optional.of(once.build());
    return new Hoist(first, each.build());
  }

  private static String name(Program p, int i) {
    return "once/" + p.name() + "/" + i;
  }

  /**
   * What a value reads in memory.
   *
   * @param value whose elements are stored
   * @param view the elements read
   */
  private record Stored(Value value, View view) {
    static Stored own(Value v) {
      return new Stored(v, View.dense(v.shape()));
    }
  }

  /**
   * Returns the value that a view reads. Views cost nothing, so they stay where they are used; but
   * where strides cannot express one, as of a transposed and reshaped kernel, it is a copy.
   */
  private static Value stored(Value x, Map<Value, Stored> known) {
    List<Value> chain = new ArrayList<>(List.of(x));
    Value s = x;
    while (!s.isInput() && s.op().lower(s) instanceof Lowering.Alias && !known.containsKey(s)) {
      s = s.input(0);
      chain.add(s);
    }
    Stored at = known.getOrDefault(s, Stored.own(s));
    for (int i = chain.size() - 2; i >= 0; i--) {
      Value v = chain.get(i);
      Value from = at.value();
      at =
          ((Lowering.Alias) v.op().lower(v))
              .rule()
              .apply(at.view())
              .map(view -> new Stored(from, view))
              .orElse(Stored.own(v));
      known.put(v, at);
    }
    return at.value();
  }

  /**
   * Rebuilds the roots over inputs of a new program, which declares either all inputs or those
   * needed.
   */
  private static List<Value> rebuilt(
      List<Value> roots, Map<Value, Value> known, Program p, Program.Builder b, boolean all) {
    Set<Value> needed = Collections.newSetFromMap(new IdentityHashMap<>());
    List<Value> open = new ArrayList<>(roots);
    while (!open.isEmpty()) {
      Value v = open.remove(open.size() - 1);
      if (!known.containsKey(v) && needed.add(v)) {
        open.addAll(v.inputs());
      }
    }
    p.inputs()
        .forEach(
            (name, v) -> {
              if (all || needed.contains(v)) {
                known.put(v, b.input(name, v.type()));
              }
            });
    for (Value v : p.nodes()) {
      if (needed.contains(v) && !known.containsKey(v)) {
        known.put(v, v.withInputs(v.inputs().stream().map(known::get).toList()));
      }
    }
    return roots.stream().map(known::get).toList();
  }
}
