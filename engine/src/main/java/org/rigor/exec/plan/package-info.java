// SPDX-License-Identifier: Apache-2.0
/**
 * From a program to numbered slots and kernels in order: fusion, views, live intervals, arena. Done
 * once for all devices. To add a pass: a class here, called by {@link org.rigor.exec.plan.Planner};
 * it may not change the bits of a result.
 */
package org.rigor.exec.plan;
