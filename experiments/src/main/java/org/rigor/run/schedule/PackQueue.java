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
 * Packs that wait and packs that run. Two that train the same network never run at a time, since
 * the later one finds it stored. A pack that found no memory beside others is run again by itself
 * before it is called too large, so what is halved does not depend on what ran beside it. What
 * takes times is run by itself too.
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

  /** Waits for a pack that may run now; empty if there is nothing left to do. */
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
   * The pack has ended.
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
   * Ends a running pack that found no memory, if others may be to blame; else false.
   *
   * @param rest what is left of it, to be run by itself
   */
  synchronized boolean again(Pack pack, Pack rest) {
    if (!hadCompany.remove(pack)) {
      return false;
    }
    byItself.add(rest);
    ended(pack, List.of(rest));
    return true;
  }

  /** Hands out nothing more. */
  synchronized void end() {
    ended = true;
    notifyAll();
  }
}
