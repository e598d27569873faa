// SPDX-License-Identifier: Apache-2.0
package org.rigor.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.exec.Device;
import org.rigor.exec.Sequence;
import org.rigor.exec.cuda.loading.Emulator;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Passes;
import org.rigor.workspace.Workspace;

/**
 * Work with a known length: an item n goes down by one in each step and is over at zero. A slot
 * needs a turn half way, where it leaves a note and goes on.
 */
class SlotQueueTest {
  private static final int MODELS = 2;
  private static final int ITEMS = 9;
  private static final int[] LENGTHS = {3, 1, 14, 2, 2, 40, 1, 5, 4};
  private static final int HALF = 2;
  private static final int OVER = 3;

  /**
   * @param most moves that it says an item takes
   */
  private record Countdown(int slots, int most) implements SlotWork {
    private TensorType count() {
      return i32(MODELS, slots);
    }

    @Override
    public String name() {
      return "countdown";
    }

    @Override
    public Map<String, TensorType> fields() {
      return Map.of("length", i32(1, ITEMS));
    }

    @Override
    public Map<String, TensorType> keeps() {
      return Map.of("left", count(), "taken", count());
    }

    Program step() {
      Program.Builder b = Program.builder("countdown-step");
      Value stage = b.input("slot/stage", count());
      Value left = b.input("slot/left", count());
      Value taken = b.input("slot/taken", count());
      Value length = b.input("slot/length", count());
      Value runs = Slots.at(stage, Slots.RUNNING);
      Value next = F.select(runs, F.add(left, -1), left);
      Value half = F.and(runs, F.eq(F.add(next, next), length));
      Value over = F.and(runs, F.eq(next, F.constant(next, 0)));
      Value stopped = F.select(half, F.constant(stage, HALF), stage);
      b.state("slot/stage", F.select(over, F.constant(stage, OVER), stopped));
      b.state("slot/left", next);
      b.state("slot/taken", F.select(runs, F.add(taken, 1), taken));
      return b.build();
    }

    @Override
    public Harvest harvest(Program.Builder b, Slots now) {
      Value over = now.at(OVER);
      Value place = F.mul(now.item(), 2);
      return new Harvest(
          over,
          List.of(
              new Result("steps", now.kept("taken"), over, now.item(), ITEMS),
              new Result("notes", now.kept("left"), now.at(HALF), place, 2 * ITEMS)));
    }

    @Override
    public Next next(Program.Builder b, Turn turn) {
      Slots now = turn.before();
      Value length = turn.field("length");
      Value zero = F.constant(length, 0);
      return new Next(
          F.or(turn.takes(), now.at(HALF)),
          Map.of(
              "left", F.select(turn.takes(), length, now.kept("left")),
              "taken", F.select(turn.takes(), zero, now.kept("taken"))),
          Map.of("length", length));
    }
  }

  private static TensorType i32(int... dims) {
    return new TensorType(DType.I32, Shape.of(dims));
  }

  private static SlotQueue queue(Workspace space, int slots, int stride) {
    return queue(space, slots, stride, Integer.MAX_VALUE);
  }

  private static SlotQueue queue(Workspace space, int slots, int stride, int most) {
    Countdown work = new Countdown(slots, most);
    Sequence.Step step = Sequence.run(space.link(space.declare(work.step()), Passes.MEASURE));
    SlotQueue queue =
        new SlotQueue(space, work, MODELS, ITEMS, slots, List.of(Sequence.repeat(stride, step)));
    queue.put("length", HostTensor.of(Shape.of(1, ITEMS), LENGTHS));
    return queue;
  }

  /** One slot, fewer than items, and more; turns after every step, and rarely. */
  @ParameterizedTest
  @CsvSource({"1, 1", "4, 1", "4, 7", "20, 3"})
  void everyItemTakesItsOwnSteps(int slots, int stride) {
    try (Device device = Device.open("cpu");
        Workspace space = new Workspace(device, "test")) {
      SlotQueue queue = queue(space, slots, stride);
      Map<String, HostTensor> found = queue.run(Pool.all(MODELS, ITEMS), List.of("steps", "notes"));
      for (int i = 0; i < MODELS * ITEMS; i++) {
        int n = LENGTHS[i % ITEMS];
        assertThat(found.get("steps").ints()[i]).as("item %d", i).isEqualTo(n);
        int note = n % 2 == 0 ? n / 2 : 0;
        assertThat(found.get("notes").ints()[2 * i]).as("note of %d", i).isEqualTo(note);
      }
    }
  }

  @Test
  void modelsTakeTheirOwnItemsAndNothingIsLeftOfTheLastRun() {
    try (Device device = Device.open("cpu");
        Workspace space = new Workspace(device, "test")) {
      SlotQueue queue = queue(space, 3, 2);
      queue.run(Pool.all(MODELS, ITEMS), List.of());
      Pool some = new Pool(ITEMS, new int[][] {{8, 2, 0}, {}});
      HostTensor steps = queue.run(some, List.of("steps")).get("steps");
      int[] expected = new int[MODELS * ITEMS];
      expected[0] = 3;
      expected[2] = 14;
      expected[8] = 4;
      assertThat(steps.ints()).isEqualTo(expected);
      assertThatThrownBy(() -> queue.run(Pool.all(1, ITEMS), List.of()))
          .hasMessage("queue: made for 2 models and 9 items, got 1 and 9");
    }
  }

  /** A device whose host does not look while it knows the number of moves, to the last one. */
  @Test
  void theLastMoveIsTheMostThatTheWorkNames() {
    if (!"true".equals(System.getenv("CI"))) {
      assumeThat(Emulator.unavailable()).as("why the emulator cannot run here").isEmpty();
    }
    try (Device device = Device.open("emulated");
        Workspace space = new Workspace(device, "test");
        Workspace other = new Workspace(device, "other")) {
      HostTensor steps =
          queue(space, 20, 1, 40).run(Pool.all(MODELS, ITEMS), List.of("steps")).get("steps");
      for (int i = 0; i < MODELS * ITEMS; i++) {
        assertThat(steps.ints()[i]).as("item %d", i).isEqualTo(LENGTHS[i % ITEMS]);
      }
      SlotQueue wrong = queue(other, 20, 1, 39);
      assertThatThrownBy(() -> wrong.run(Pool.all(MODELS, ITEMS), List.of()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "queue: 'countdown' was to take at most 39 moves an item; after 39, enough for 1"
                  + " items a slot, 1 slots of model 0 still run");
    }
  }
}
