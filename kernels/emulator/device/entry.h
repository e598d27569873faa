// SPDX-License-Identifier: Apache-2.0
// How the runtime calls a kernel: a table entry with the parameter layout and a loop over threads.
// The loop starts fresh threads one after another on the same stack; only a thread that waits at a
// barrier costs a context switch, so kernels without barriers run as plain loops.
#pragma once

template <unsigned... I> struct RigorIndices {};
template <unsigned N> using RigorRange = RigorIndices<__integer_pack(N)...>;

template <class T> struct RigorKind {
  static constexpr unsigned value = __is_class(T) || __is_union(T) ? RIGOR_STRUCT : RIGOR_SCALAR;
};
template <class T> struct RigorKind<T*> {
  static constexpr unsigned value = RIGOR_POINTER;
};

template <class... A> struct RigorEntry {
  static constexpr unsigned params[sizeof...(A) + 1] = {
      RIGOR_PARAM((unsigned)sizeof(A), (unsigned)alignof(A), RigorKind<A>::value)..., 0};

  template <void (*Kernel)(A...), unsigned... I>
  static inline __attribute__((always_inline)) void loop(void** p, RigorIndices<I...>) {
    RigorThread* thread = rigorSelf();
    while (thread->cursor != thread->limit) {
      unsigned i = thread->order[thread->cursor++];
      thread->linear = i;
      thread->threadIndex = thread->coordinates[i];
      Kernel(*(A*)p[I]...);
      thread->status[thread->linear] = RIGOR_DONE;
    }
  }
  template <void (*Kernel)(A...)> static void run(void** p) {
    loop<Kernel>(p, RigorRange<sizeof...(A)>());
  }
  template <void (*Kernel)(A...)> static RigorKernelEntry make(const char* name, unsigned threads) {
    return {name, (const void*)Kernel, &run<Kernel>, params, sizeof...(A), threads};
  }
};

template <auto Kernel> struct RigorEntryOf;
template <class... A, void (*Kernel)(A...)> struct RigorEntryOf<Kernel> {
  static RigorKernelEntry make(const char* name, unsigned threads) {
    return RigorEntry<A...>::template make<Kernel>(name, threads);
  }
};

constexpr unsigned rigorFirst(unsigned first, ...) { return first; }

// The linker makes these two; weak, for modules without kernels.
extern "C" {
extern RigorKernelEntry* __start_rigor_kernels[] __attribute__((weak, visibility("hidden")));
extern RigorKernelEntry* __stop_rigor_kernels[] __attribute__((weak, visibility("hidden")));
RigorKernelEntry** rigor_kernels_begin = __start_rigor_kernels;
RigorKernelEntry** rigor_kernels_end = __stop_rigor_kernels;
}
