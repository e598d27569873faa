// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.schedule;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.rigor.run.study.MeasurementSpec;
import org.rigor.run.trial.Pack;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialSpec;

/**
 * The waiting and the running packs. Two packs that train the same network never run concurrently,
 * so that the later one finds it stored. A pack that ran out of memory beside others runs again
 * alone before it counts as too large, so halving does not depend on what ran beside it. A pack
 * that measures times also runs alone.
 */
final class PackQueue {
  private final Deque<Pack> waiting;
  private final List<Pack> running = new ArrayList<>();
  private final Set<Pack> hadCompany = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Set<Pack> byItself = Collections.newSetFromMap(new IdentityHashMap<>());
  private boolean ended;

  PackQueue(List<Pack> packs) {
    this.waiting = new ArrayDeque<>(packs);
  }

  /** Waits for a pack that may run now and returns it; empty if nothing is left to do. */
  synchronized Optional<Pack> take() throws InterruptedException {
    while (!ended && !(waiting.isEmpty() && running.isEmpty())) {
      Optional<Pack> next = waiting.stream().filter(this::mayRun).findFirst();
      if (next.isPresent()) {
        waiting.remove(next.get());
        running.add(next.get());
        if (running.size() > 1) {
          hadCompany.addAll(running);
        }
        return next;
      }
      wait();
    }
    return Optional.empty();
  }

  private boolean mayRun(Pack pack) {
    if (running.isEmpty()) {
      return true;
    }
    if (alone(pack) || running.stream().anyMatch(this::alone)) {
      return false;
    }
    Set<String> models = models(pack);
    return running.stream().allMatch(r -> Collections.disjoint(models(r), models));
  }

  private boolean alone(Pack pack) {
    TrialSpec spec = pack.shared();
    Stream<MeasurementSpec> probed =
        spec.training().probe().stream().flatMap(p -> p.measurements().stream());
    return byItself.contains(pack)
        || Stream.concat(spec.measurements().stream(), probed)
            .anyMatch(MeasurementSpec::wantsTheMachine);
  }

  private static Set<String> models(Pack pack) {
    return pack.trials().stream().map(Trial::modelId).collect(Collectors.toSet());
  }

  /**
   * Ends a running pack.
   *
   * @param instead packs to run before all others
   */
  synchronized void ended(Pack pack, List<Pack> instead) {
    running.removeIf(p -> p == pack);
    for (int i = instead.size() - 1; i >= 0; i--) {
      waiting.addFirst(instead.get(i));
    }
    notifyAll();
  }

  /**
   * Ends a running pack that ran out of memory and returns true if other packs may be the cause;
   * else returns false.
   *
   * @param rest what is left of it, to run alone
   */
  synchronized boolean again(Pack pack, Pack rest) {
    if (!hadCompany.remove(pack)) {
      return false;
    }
    byItself.add(rest);
    ended(pack, List.of(rest));
    return true;
  }

  /** Stops handing out packs. */
  synchronized void end() {
    ended = true;
    notifyAll();
  }
}
