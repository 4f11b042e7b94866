package io.conntrack.exporter;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/**
 * Signals that do something else than the JVM would have them do.
 *
 * <p>Java has no other way to them than {@code sun.misc.Signal}. javac warns of that class wherever
 * it is named, and no annotation stops this. So it is called by reflection.
 */
final class Signals {
  private Signals() {}

  /**
   * From now on the signal, such as HUP, does this, on a thread of its own each time. Where that
   * cannot be had, as under -Xrs, the signal does what it did before.
   *
   * @return whether it could be had
   */
  static boolean does(String name, Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object proxy =
          Proxy.newProxyInstance(
              Signals.class.getClassLoader(),
              new Class<?>[] {handler},
              (self, method, arguments) -> answer(self, method, arguments, action));
      Object named = signal.getConstructor(String.class).newInstance(name);
      signal.getMethod("handle", signal, handler).invoke(null, named, proxy);
      return true;
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      return false;
    }
  }

  @SuppressWarnings("ReferenceEquality") // a proxy has no other
  private static Object answer(Object self, Method method, Object[] arguments, Runnable action) {
    return switch (method.getName()) {
      case "handle" -> {
        action.run();
        yield null;
      }
      case "equals" -> self == arguments[0];
      case "hashCode" -> System.identityHashCode(self);
      default -> "SignalHandler";
    };
  }
}
