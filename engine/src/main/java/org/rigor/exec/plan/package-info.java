// SPDX-License-Identifier: Apache-2.0
/**
 * The step from a program to numbered slots and ordered kernels: fusion, views, live intervals,
 * arena. It runs once for all devices. To add a pass: write a class here and call it from {@link
 * org.rigor.exec.plan.Planner}; it must not change the bits of a result.
 */
package org.rigor.exec.plan;
