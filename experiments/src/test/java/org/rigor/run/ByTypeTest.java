// SPDX-License-Identifier: Apache-2.0
package org.rigor.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ByTypeTest {
  sealed interface Animal {
    record Cat(int lives) implements Animal {}

    sealed interface Bird extends Animal {}

    record Owl() implements Bird {}

    record Wren() implements Bird {}
  }

  private static ByType<Animal, String> birds() {
    return ByType.<Animal, String>of(Animal.class)
        .put(Animal.Owl.class, o -> "owl")
        .put(Animal.Wren.class, w -> "wren");
  }

  @Test
  void givesTheEntryOfTheRecord() {
    ByType<Animal, String> all = birds().put(Animal.Cat.class, c -> "cat " + c.lives()).complete();
    assertThat(all.apply(new Animal.Cat(9))).isEqualTo("cat 9");
    assertThat(all.apply(new Animal.Owl())).isEqualTo("owl");
  }

  @Test
  void aRecordWithoutAnEntryIsAnErrorAndNeverTheDefault() {
    assertThatThrownBy(() -> birds().apply(new Animal.Cat(9)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Cat");
    assertThatThrownBy(() -> birds().complete()).hasMessageContaining("Cat");
    assertThatThrownBy(() -> birds().put(Animal.Owl.class, o -> "again"))
        .hasMessageContaining("twice");
  }
}
