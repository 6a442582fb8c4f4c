package io.earlybird.backend;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MemoryExceptionTest {
  @Test
  void aBatchThatFitsIsNamedWhereThereIsOne() {
    MemoryException e = new MemoryException("needs 8 GiB, 2 GiB free", 8L << 30, 2L << 30);
    assertThat(e.withBatchThatFits(256))
        .hasMessage("needs 8 GiB, 2 GiB free: about --batch-size 57 fits")
        .hasCause(e);
    assertThat(e.withBatchThatFits(4)).isSameAs(e);
    assertThat(new MemoryException("no", 8L << 30, -1).withBatchThatFits(256)).hasMessage("no");
  }
}
