// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.List;
import org.rigor.certify.Certificates;
import org.rigor.run.yaml.OneOf;

/** The names of the engine's certificates, for keys of a study. */
public final class CertificateNames implements OneOf.Source {
  @Override
  public List<String> names() {
    return Certificates.names();
  }

  @Override
  public Class<?> code(String name) {
    return Certificates.class;
  }
}
