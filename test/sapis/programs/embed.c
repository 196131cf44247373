/* A program that has PHP in it: runs the script that its argument names. */
#include <sapi/embed/php_embed.h>

int main(int argc, char **argv)
{
	zend_file_handle script;

	php_embed_init(argc, argv);
	zend_first_try
	{
		zend_stream_init_filename(&script, argv[1]);
		php_execute_script(&script);
		zend_destroy_file_handle(&script);
	}
	zend_end_try();
	php_embed_shutdown();
	return 0;
}
