// SPDX-License-Identifier: Apache-2.0
/** Laws about Lipschitz constants: closed forms, the variance bound, double descent. */
package org.rigor.run.theory.lipschitz;
