// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;

/** Attacks within a radius, by the names that commands and studies use. */
public final class Attacks {
  private static final Map<String, Function<Settings, Attack>> ALL = new LinkedHashMap<>();

  static {
    ALL.put("pgd", s -> new Pgd(s.steps(), s.step(), true));
    ALL.put("fgsm", s -> Pgd.fgsm());
    ALL.put("r-fgsm", s -> new RandomFgsm());
    ALL.put("bim", s -> new Pgd(s.steps(), s.step(), false));
    ALL.put("mi-fgsm", s -> new MomentumFgsm(s.steps(), s.step()));
    ALL.put("apgd", s -> new Apgd(s.steps(), Apgd.Form.PAPER));
    ALL.put("fab", s -> new Fab(s.steps()));
    ALL.put("square", s -> new Square(s.steps(), s.layout()));
    ALL.put("hopskipjump", s -> new HopSkipJump(s.steps()));
    ALL.put("fmn", s -> new Fmn(s.steps()));
    ALL.put("ddn", s -> new Ddn(s.steps()));
    ALL.put("carlini-wagner", s -> new CarliniWagner(s.steps()));
    ALL.put("sigma-zero", s -> new SigmaZero(s.steps()));
    ALL.put("deepfool", s -> new DeepFool(s.steps(), DeepFool.OVERSHOOT));
  }

  /** Attacks of plugins, by names that begin with their namespace. */
  private static volatile Map<String, Function<Settings, Attack>> added = Map.of();

  private Attacks() {}

  /**
   * User settings of an attack; attacks without a setting ignore it.
   *
   * @param relativeStep length of a step in radii; if empty, all steps together span {@link
   *     Pgd#REACH}
   * @param layout of images that the network takes as rows of pixels
   */
  public record Settings(int steps, OptionalDouble relativeStep, Optional<ImageLayout> layout) {
    /** Leaves samples what their shape says they are. */
    public Settings(int steps, OptionalDouble relativeStep) {
      this(steps, relativeStep, Optional.empty());
    }

    /** Returns the length of a step in radii. */
    public double step() {
      return relativeStep.orElse(Pgd.REACH / steps);
    }
  }

  /** Replaces the attacks that plugins add to the list. */
  public static void add(Map<String, Function<Settings, Attack>> attacks) {
    added = Map.copyOf(attacks);
  }

  /** Returns all names. */
  public static List<String> names() {
    List<String> names = new ArrayList<>(ALL.keySet());
    added.keySet().stream().sorted().forEach(names::add);
    return names;
  }

  /** Returns the names of attacks that raise any loss within a radius, as training has them. */
  public static List<String> namesForAnyLoss() {
    return names().stream().filter(n -> !some(n).needsMargin() && !some(n).minimises()).toList();
  }

  /** Returns an attack by name with settings that any has, to ask what holds for all of them. */
  public static Attack some(String name) {
    return of(name, new Settings(1, OptionalDouble.empty()));
  }

  /**
   * Returns an attack by name.
   *
   * @throws IllegalArgumentException if there is none, or a setting is out of range
   */
  public static Attack of(String name, Settings settings) {
    return maker(name).apply(settings);
  }

  /**
   * Returns what makes an attack.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public static Function<Settings, Attack> maker(String name) {
    Function<Settings, Attack> make = ALL.getOrDefault(name, added.get(name));
    if (make == null) {
      throw new IllegalArgumentException(
          "attack: expected one of %s, got '%s'".formatted(String.join(", ", names()), name));
    }
    return make;
  }
}
