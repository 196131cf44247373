PHP_ARG_ENABLE([leaky],
  [whether to build leaky, the extension that forgets memory],
  [AS_HELP_STRING([--enable-leaky], [Build leaky])],
  [yes])

PHP_NEW_EXTENSION(leaky, leaky.c, $ext_shared)
