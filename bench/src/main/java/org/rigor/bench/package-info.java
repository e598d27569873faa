// SPDX-License-Identifier: Apache-2.0
/**
 * Benchmarks. JMH classes measure one thing in forked JVMs; comparisons with peers run all
 * contenders interleaved in one process, so that a noisy machine disturbs them alike.
 */
package org.rigor.bench;
