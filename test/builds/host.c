/* A program with PHP in it: runs the script of its first argument. */
#include <sapi/embed/php_embed.h>

int main(int argc, char **argv)
{
	zend_file_handle script;
	if (argc < 2)
		return 2;
	php_embed_init(argc - 1, argv + 1);
	zend_stream_init_filename(&script, argv[1]);
	php_execute_script(&script);
	php_embed_shutdown();
	return EG(exit_status);
}
