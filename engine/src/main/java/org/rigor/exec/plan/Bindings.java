// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.plan;

import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import org.rigor.exec.Buffer;
import org.rigor.ir.Program;
import org.rigor.ir.Value;

/** The slots that a program's names stand for, and checks of what a caller binds to them. */
public final class Bindings {
  private Bindings() {}

  /**
   * Returns the buffers by slot of the plan.
   *
   * @throws IllegalArgumentException as {@link org.rigor.exec.Device#compile} says
   */
  public static Map<Integer, Buffer> resolve(Plan plan, Map<String, Buffer> bindings) {
    Program p = plan.program();
    Map<Integer, Buffer> bySlot = new HashMap<>();
    Map<Buffer, String> names = new IdentityHashMap<>();
    bindings.forEach(
        (name, buffer) -> {
          Integer slot = plan.inputs().get(name);
          Value v = p.inputs().get(name);
          if (slot == null) {
            slot = plan.outputs().get(name);
            v = p.outputs().get(name);
          }
          if (slot == null) {
            throw new IllegalArgumentException(
                "program "
                    + p.name()
                    + " has nothing named '"
                    + name
                    + "' to bind; inputs "
                    + p.inputs().keySet()
                    + ", outputs "
                    + p.outputs().keySet());
          }
          if (!v.type().equals(buffer.type())) {
            throw new IllegalArgumentException(
                "program "
                    + p.name()
                    + ": '"
                    + name
                    + "' has type "
                    + v.type()
                    + ", buffer '"
                    + buffer.name()
                    + "' has "
                    + buffer.type());
          }
          String other = names.put(buffer, name);
          if (other != null) {
            throw new IllegalArgumentException(
                "program "
                    + p.name()
                    + ": buffer '"
                    + buffer.name()
                    + "' is bound to '"
                    + other
                    + "' and '"
                    + name
                    + "'; declare a state pair instead");
          }
          if (bySlot.put(slot, buffer) != null) {
            throw new IllegalArgumentException(
                "program " + p.name() + ": '" + name + "' is a state, bind its input name only");
          }
        });
    return bySlot;
  }

  /**
   * Returns the slot of an input.
   *
   * @throws IllegalArgumentException if the program has none of that name
   */
  public static int input(Plan plan, String name) {
    return slot(plan, name, plan.inputs().get(name), "input");
  }

  /**
   * Returns the slot of an output; that of a state is its input's.
   *
   * @throws IllegalArgumentException if the program has none of that name
   */
  public static int output(Plan plan, String name) {
    Integer slot = plan.outputs().get(name);
    boolean state = plan.program().state().containsValue(name);
    return slot(plan, name, slot == null && state ? plan.inputs().get(name) : slot, "output");
  }

  private static int slot(Plan plan, String name, Integer slot, String side) {
    if (slot == null) {
      throw new IllegalArgumentException(
          "program "
              + plan.program().name()
              + " has no "
              + side
              + " '"
              + name
              + "'; inputs "
              + plan.inputs().keySet()
              + ", outputs "
              + plan.outputs().keySet());
    }
    return slot;
  }
}
